import { positiveInteger } from "../../core/checks.ts";
import { GradsmithError } from "../../core/errors.ts";
import type { Shape } from "../../core/shape.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import type { Choice } from "../described.ts";
import type { Initializer } from "../initializers.ts";
import type { ParamSpec, ParamSpecs, Params } from "../layer.ts";
import type { Regularizer } from "../regularizers.ts";
import type { ConvLayerOptions } from "./conv-layer.ts";
import { ConvLayer, kernelSpec } from "./conv-layer.ts";
import { convolve } from "./convolve.ts";
import { checkImages } from "./spatial.ts";
import type { WindowPadding } from "./windowed.ts";

export interface ConvOptions extends ConvLayerOptions {
  readonly padding?: "valid" | "same";
  /** Channels and filters are cut into so many groups that don't see each other. */
  readonly groups?: number;
  readonly kernelInitializer?: Choice<Initializer>;
  readonly kernelRegularizer?: Choice<Regularizer>;
}
export interface Conv1dOptions extends Omit<ConvOptions, "padding"> {
  readonly padding?: WindowPadding;
}
type Saved = Conv1dOptions & { readonly filters: number };

export class Conv extends ConvLayer<Saved> {
  readonly #kernel: Omit<ParamSpec, "shape">;
  readonly #groups: number;

  constructor(rank: number, options: Saved) {
    super(`conv${rank}d`, rank, options);
    const { filters, groups = 1 } = options;
    positiveInteger(this.kind, "filters", filters);
    this.#groups = positiveInteger(this.kind, "groups", groups);
    this.#kernel = kernelSpec(this.kind, options.kernelInitializer, options.kernelRegularizer);
    if (filters % groups === 0) return;
    throw new GradsmithError("option", this.kind, `${filters} filters can't be cut into ${groups} groups.`, "Use a multiple.");
  }

  override params(input: Shape): ParamSpecs {
    checkImages(this.kind, input, this.rank);
    const channels = input[input.length - 1]!;
    const { filters } = this.options;
    if (channels % this.#groups !== 0) {
      throw new GradsmithError(
        "shape",
        this.kind,
        `${channels} channels can't be cut into ${this.#groups} groups.`,
        "Use a divisor of both channels and filters.",
      );
    }
    const shape = [...this.geometry.sizes, channels / this.#groups, filters];
    return { kernel: { ...this.#kernel, shape }, ...this.biasSpec(filters) };
  }

  protected convolved({ kernel }: Params, x: Tensor): Tensor {
    return convolve(this.kind, x, kernel!, { ...this.geometry, groups: this.#groups });
  }
}

/**
 * Convolution over sequences: [batch, steps, channels] to [batch, steps, filters], with a kernel [size, channels / groups, filters].
 *
 *     y[n, i, f] = activation(Σₚ Σ꜀ x[n, i·stride + p·dilation, c] · kernel[p, c, f] + bias[f])
 *
 * @example conv1d(32, { kernelSize: 3, padding: "causal" })
 */
export const conv1d = (filters: number, options: Conv1dOptions): Conv => new Conv(1, { filters, ...options });

/**
 * Convolution over images: [batch, height, width, channels] to [batch, height, width, filters], with a kernel
 * [height, width, channels / groups, filters].
 *
 *     y[n, i, j, f] = activation(Σₚ Σ_q Σ꜀ x[n, i·stride + p·dilation, j·stride + q·dilation, c] · kernel[p, q, c, f] + bias[f])
 *
 * @example conv2d(32, { kernelSize: 3, activation: "relu" })
 */
export const conv2d = (filters: number, options: ConvOptions): Conv => new Conv(2, { filters, ...options });

/**
 * Convolution over volumes: [batch, depth, height, width, channels] to [batch, depth, height, width, filters], as `conv2d` with one more axis.
 *
 * @example conv3d(8, { kernelSize: 3, padding: "same" })
 */
export const conv3d = (filters: number, options: ConvOptions): Conv => new Conv(3, { filters, ...options });

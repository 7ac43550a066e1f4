import { positiveInteger } from "../../core/checks.ts";
import { GradsmithError } from "../../core/errors.ts";
import type { Shape } from "../../core/shape.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import type { ParamSpecs, Params } from "../module.ts";
import type { KernelOptions, Parameter } from "../parameter.ts";
import { parameter, parameterChecks } from "../parameter.ts";
import { byPlace } from "./by-place.ts";
import type { ConvLayerOptions, OfSequences, WithKernelSize } from "./conv-layer.ts";
import { ConvLayer, convChecks } from "./conv-layer.ts";
import { convolve } from "./convolve.ts";
import type { PerAxis } from "./spatial.ts";
import { checkImages } from "./spatial.ts";

/** The options of `conv2d` and `conv3d`. */
export interface ConvOptions extends ConvLayerOptions, KernelOptions {
  /** Channels and filters are cut into so many groups that don't see each other; 1 by default. */
  readonly groups?: number | undefined;
}
/** The options of `conv1d`. */
export interface Conv1dOptions extends OfSequences<ConvOptions> {}
type Saved = WithKernelSize<ConvOptions> & { readonly filters: number };

export class Conv extends ConvLayer<Saved> {
  readonly #kernel: Parameter;
  readonly #groups: number;

  constructor(rank: number, options: Saved) {
    super(`conv${rank}d`, rank, options, {
      ...convChecks(rank),
      ...parameterChecks("kernel"),
      filters: positiveInteger,
      groups: positiveInteger,
    });
    const { filters, groups = 1 } = options;
    positiveInteger(this.kind, "filters", filters);
    this.#groups = groups;
    this.#kernel = parameter(this.kind, "kernel", options, "glorotUniform");
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

const conv = (rank: number, filters: number, kernelSize: PerAxis, options: Conv1dOptions): Conv =>
  new Conv(rank, byPlace(`conv${rank}d`, { filters, kernelSize }, options));

/**
 * Convolution over sequences: [batch, steps, channels] to [batch, steps, filters], with a kernel [size, channels / groups, filters].
 *
 *     y[n, i, f] = activation(Σₚ Σ꜀ x[n, i·stride + p·dilation, c] · kernel[p, c, f] + bias[f])
 *
 * @example conv1d(32, 3, { padding: "causal" })
 * @throws GradsmithError "option" for an unknown option or a value that can't be, "shape" for an input of another rank.
 */
export const conv1d = (filters: number, kernelSize: PerAxis, options: Conv1dOptions = {}): Conv => conv(1, filters, kernelSize, options);

/**
 * Convolution over images: [batch, height, width, channels] to [batch, height, width, filters], with a kernel
 * [height, width, channels / groups, filters].
 *
 *     y[n, i, j, f] = activation(Σₚ Σ_q Σ꜀ x[n, i·stride + p·dilation, j·stride + q·dilation, c] · kernel[p, q, c, f] + bias[f])
 *
 * @example conv2d(32, 3, { activation: "relu" }), conv2d(64, [5, 3], { strides: 2, padding: "same" })
 * @throws GradsmithError "option" for an unknown option or a value that can't be, "shape" for an input of another rank.
 */
export const conv2d = (filters: number, kernelSize: PerAxis, options: ConvOptions = {}): Conv => conv(2, filters, kernelSize, options);

/**
 * Convolution over volumes: [batch, depth, height, width, channels] to [batch, depth, height, width, filters], as `conv2d` with one more axis.
 *
 * @example conv3d(8, 3, { padding: "same" })
 * @throws GradsmithError "option" for an unknown option or a value that can't be, "shape" for an input of another rank.
 */
export const conv3d = (filters: number, kernelSize: PerAxis, options: ConvOptions = {}): Conv => conv(3, filters, kernelSize, options);

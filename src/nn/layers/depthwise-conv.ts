import { positiveInteger } from "../../core/checks.ts";
import type { Shape } from "../../core/shape.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import type { Choice } from "../described.ts";
import type { Initializer } from "../initializers.ts";
import type { ParamSpec, ParamSpecs, Params } from "../layer.ts";
import type { Regularizer } from "../regularizers.ts";
import type { ConvLayerOptions } from "./conv-layer.ts";
import { ConvLayer, kernelSpec } from "./conv-layer.ts";
import { convolveDepthwise } from "./convolve.ts";
import { checkImages } from "./spatial.ts";
import type { WindowPadding } from "./windowed.ts";

export interface DepthwiseConvOptions extends ConvLayerOptions {
  readonly padding?: "valid" | "same";
  /** Output channels for each input channel; 1 by default. */
  readonly depthMultiplier?: number;
  readonly depthwiseInitializer?: Choice<Initializer>;
  readonly depthwiseRegularizer?: Choice<Regularizer>;
}
export interface DepthwiseConv1dOptions extends Omit<DepthwiseConvOptions, "padding"> {
  readonly padding?: WindowPadding;
}

export class DepthwiseConv extends ConvLayer<DepthwiseConv1dOptions> {
  readonly #kernel: Omit<ParamSpec, "shape">;
  readonly #multiplier: number;

  constructor(rank: number, options: DepthwiseConv1dOptions) {
    super(`depthwiseConv${rank}d`, rank, options);
    this.#multiplier = positiveInteger(this.kind, "depthMultiplier", options.depthMultiplier ?? 1);
    this.#kernel = kernelSpec(this.kind, options.depthwiseInitializer, options.depthwiseRegularizer);
  }

  override params(input: Shape): ParamSpecs {
    checkImages(this.kind, input, this.rank);
    const channels = input[input.length - 1]!;
    const shape = [...this.geometry.sizes, channels, this.#multiplier];
    return { kernel: { ...this.#kernel, shape }, ...this.biasSpec(channels * this.#multiplier) };
  }

  protected convolved({ kernel }: Params, x: Tensor): Tensor {
    return convolveDepthwise(this.kind, x, kernel!, this.geometry);
  }
}

/**
 * Convolution of each channel of a sequence with kernels of its own: [batch, steps, channels] to [batch, steps, channels · depthMultiplier],
 * with a kernel [size, channels, depthMultiplier].
 */
export const depthwiseConv1d = (options: DepthwiseConv1dOptions): DepthwiseConv => new DepthwiseConv(1, options);

/**
 * Convolution of each channel of images with kernels of its own: [batch, height, width, channels] to
 * [batch, height, width, channels · depthMultiplier], with a kernel [height, width, channels, depthMultiplier].
 *
 * @example depthwiseConv2d({ kernelSize: 3, padding: "same" })
 */
export const depthwiseConv2d = (options: DepthwiseConvOptions): DepthwiseConv => new DepthwiseConv(2, options);

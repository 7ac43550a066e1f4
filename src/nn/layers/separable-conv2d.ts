import { positiveInteger } from "../../core/checks.ts";
import type { Shape } from "../../core/shape.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import type { Choice } from "../described.ts";
import type { Initializer } from "../initializers.ts";
import type { ParamSpec, ParamSpecs, Params } from "../layer.ts";
import type { Regularizer } from "../regularizers.ts";
import { ConvLayer, kernelSpec } from "./conv-layer.ts";
import { convolveDepthwise } from "./convolve.ts";
import type { DepthwiseConvOptions } from "./depthwise-conv.ts";
import { checkImages } from "./spatial.ts";

export interface SeparableConvOptions extends DepthwiseConvOptions {
  readonly pointwiseInitializer?: Choice<Initializer>;
  readonly pointwiseRegularizer?: Choice<Regularizer>;
}
type Saved = SeparableConvOptions & { readonly filters: number };

export class SeparableConv2d extends ConvLayer<Saved> {
  readonly #depthwise: Omit<ParamSpec, "shape">;
  readonly #pointwise: Omit<ParamSpec, "shape">;
  readonly #multiplier: number;

  constructor(options: Saved) {
    super("separableConv2d", 2, options);
    positiveInteger(this.kind, "filters", options.filters);
    this.#multiplier = positiveInteger(this.kind, "depthMultiplier", options.depthMultiplier ?? 1);
    this.#depthwise = kernelSpec(this.kind, options.depthwiseInitializer, options.depthwiseRegularizer);
    this.#pointwise = kernelSpec(this.kind, options.pointwiseInitializer, options.pointwiseRegularizer);
  }

  override params(input: Shape): ParamSpecs {
    checkImages(this.kind, input, this.rank);
    const channels = input[input.length - 1]!;
    const { filters } = this.options;
    return {
      depthwiseKernel: { ...this.#depthwise, shape: [...this.geometry.sizes, channels, this.#multiplier] },
      pointwiseKernel: { ...this.#pointwise, shape: [1, 1, channels * this.#multiplier, filters] },
      ...this.biasSpec(filters),
    };
  }

  protected convolved({ depthwiseKernel, pointwiseKernel }: Params, x: Tensor): Tensor {
    return convolveDepthwise(this.kind, x, depthwiseKernel!, this.geometry).matmul(pointwiseKernel!.squeeze([0, 1]));
  }
}

/**
 * A depthwise convolution, then a dense layer over the channels of each pixel (Chollet, 2017): [batch, height, width, channels] to
 * [batch, height, width, filters].
 *
 * @example separableConv2d(64, { kernelSize: 3, activation: "relu" })
 */
export const separableConv2d = (filters: number, options: SeparableConvOptions): SeparableConv2d =>
  new SeparableConv2d({ filters, ...options });

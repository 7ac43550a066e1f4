import { positiveInteger } from "../../core/checks.ts";
import type { Shape } from "../../core/shape.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import type { ConstraintChoice } from "../constraints.ts";
import type { InitializerChoice } from "../initializers.ts";
import type { ParamSpecs, Params } from "../module.ts";
import type { Parameter } from "../parameter.ts";
import { parameter, parameterChecks } from "../parameter.ts";
import type { RegularizerChoice } from "../regularizers.ts";
import { byPlace } from "./by-place.ts";
import type { WithKernelSize } from "./conv-layer.ts";
import { ConvLayer } from "./conv-layer.ts";
import { convolveDepthwise } from "./convolve.ts";
import type { DepthwiseConvOptions } from "./depthwise-conv.ts";
import { depthwiseChecks } from "./depthwise-conv.ts";
import type { PerAxis } from "./spatial.ts";
import { checkImages } from "./spatial.ts";

/** The options of `separableConv2d`. */
export interface SeparableConvOptions extends DepthwiseConvOptions {
  /** The first values of the kernel over the channels; `glorotUniform` by default. */
  readonly pointwiseInitializer?: InitializerChoice | undefined;
  /** What is added to the loss for that kernel's size; nothing by default. */
  readonly pointwiseRegularizer?: RegularizerChoice | undefined;
  /** What that kernel is brought to after each update; nothing by default. */
  readonly pointwiseConstraint?: ConstraintChoice | undefined;
}
type Saved = WithKernelSize<SeparableConvOptions> & { readonly filters: number };

export class SeparableConv2d extends ConvLayer<Saved> {
  readonly #depthwise: Parameter;
  readonly #pointwise: Parameter;

  constructor(options: Saved) {
    super("separableConv2d", 2, options, { ...depthwiseChecks(2), ...parameterChecks("pointwise"), filters: positiveInteger });
    positiveInteger(this.kind, "filters", options.filters);
    this.#depthwise = parameter(this.kind, "depthwise", options, "glorotUniform");
    this.#pointwise = parameter(this.kind, "pointwise", options, "glorotUniform");
  }

  override params(input: Shape): ParamSpecs {
    checkImages(this.kind, input, this.rank);
    const channels = input[input.length - 1]!;
    const { filters, depthMultiplier = 1 } = this.options;
    return {
      depthwiseKernel: { ...this.#depthwise, shape: [...this.geometry.sizes, channels, depthMultiplier] },
      pointwiseKernel: { ...this.#pointwise, shape: [1, 1, channels * depthMultiplier, filters] },
      ...this.biasSpec(filters),
    };
  }

  protected convolved({ depthwiseKernel, pointwiseKernel }: Params, x: Tensor): Tensor {
    return convolveDepthwise(this.kind, x, depthwiseKernel!, this.geometry).matmul(pointwiseKernel!.squeeze([0, 1]));
  }
}

/**
 * A depthwise convolution, then a dense layer over the channels of each pixel (Chollet, 2017): [batch, height, width, channels] to
 * [batch, height, width, filters], with kernels [height, width, channels, depthMultiplier] and [1, 1, channels · depthMultiplier, filters].
 *
 * @example separableConv2d(64, 3, { activation: "relu" })
 * @throws GradsmithError "option" for an unknown option or a value that can't be, "shape" for an input of another rank.
 */
export const separableConv2d = (filters: number, kernelSize: PerAxis, options: SeparableConvOptions = {}): SeparableConv2d =>
  new SeparableConv2d(byPlace("separableConv2d", { filters, kernelSize }, options));

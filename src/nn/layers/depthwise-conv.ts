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
import type { ConvLayerOptions, OfSequences, WithKernelSize } from "./conv-layer.ts";
import { ConvLayer, convChecks } from "./conv-layer.ts";
import { convolveDepthwise } from "./convolve.ts";
import type { PerAxis } from "./spatial.ts";
import { checkImages } from "./spatial.ts";

/** The options of `depthwiseConv2d`. */
export interface DepthwiseConvOptions extends ConvLayerOptions {
  /** Output channels for each input channel; 1 by default. */
  readonly depthMultiplier?: number | undefined;
  /** The first values of the kernel; `glorotUniform` by default. */
  readonly depthwiseInitializer?: InitializerChoice | undefined;
  /** What is added to the loss for the kernel's size; nothing by default. */
  readonly depthwiseRegularizer?: RegularizerChoice | undefined;
  /** What the kernel is brought to after each update; nothing by default. */
  readonly depthwiseConstraint?: ConstraintChoice | undefined;
}
/** The options of `depthwiseConv1d`. */
export interface DepthwiseConv1dOptions extends OfSequences<DepthwiseConvOptions> {}
type Saved = WithKernelSize<DepthwiseConvOptions>;

/** The checks of what a depthwise convolution can be told. */
export const depthwiseChecks = (rank: number) => ({
  ...convChecks(rank),
  ...parameterChecks("depthwise"),
  depthMultiplier: positiveInteger,
});

export class DepthwiseConv extends ConvLayer<Saved> {
  readonly #kernel: Parameter;

  constructor(rank: number, options: Saved) {
    super(`depthwiseConv${rank}d`, rank, options, depthwiseChecks(rank));
    this.#kernel = parameter(this.kind, "depthwise", options, "glorotUniform");
  }

  override params(input: Shape): ParamSpecs {
    checkImages(this.kind, input, this.rank);
    const channels = input[input.length - 1]!;
    const { depthMultiplier = 1 } = this.options;
    const shape = [...this.geometry.sizes, channels, depthMultiplier];
    return { kernel: { ...this.#kernel, shape }, ...this.biasSpec(channels * depthMultiplier) };
  }

  protected convolved({ kernel }: Params, x: Tensor): Tensor {
    return convolveDepthwise(this.kind, x, kernel!, this.geometry);
  }
}

const depthwise = (rank: number, kernelSize: PerAxis, options: DepthwiseConv1dOptions): DepthwiseConv =>
  new DepthwiseConv(rank, byPlace(`depthwiseConv${rank}d`, { kernelSize }, options));

/**
 * Convolution of each channel of a sequence with kernels of its own: [batch, steps, channels] to [batch, steps, channels · depthMultiplier],
 * with a kernel [size, channels, depthMultiplier].
 *
 * @example depthwiseConv1d(5, { padding: "causal" })
 * @throws GradsmithError "option" for an unknown option or a value that can't be, "shape" for an input of another rank.
 */
export const depthwiseConv1d = (kernelSize: PerAxis, options: DepthwiseConv1dOptions = {}): DepthwiseConv =>
  depthwise(1, kernelSize, options);

/**
 * Convolution of each channel of images with kernels of its own: [batch, height, width, channels] to
 * [batch, height, width, channels · depthMultiplier], with a kernel [height, width, channels, depthMultiplier].
 *
 * @example depthwiseConv2d(3, { padding: "same" })
 * @throws GradsmithError "option" for an unknown option or a value that can't be, "shape" for an input of another rank.
 */
export const depthwiseConv2d = (kernelSize: PerAxis, options: DepthwiseConvOptions = {}): DepthwiseConv =>
  depthwise(2, kernelSize, options);

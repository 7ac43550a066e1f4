import { flag } from "../../core/checks.ts";
import { GradsmithError } from "../../core/errors.ts";
import type { Check, OptionChecks } from "../../core/options.ts";
import { checkOptions, described } from "../../core/options.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import type { Activation, ActivationChoice } from "../activations.ts";
import { activationOf, anActivation } from "../activations.ts";
import type { LayerOptions } from "../layer.ts";
import { Layer } from "../layer.ts";
import type { CallContext, ParamSpecs, Params } from "../module.ts";
import type { BiasOptions, Parameter } from "../parameter.ts";
import { parameter, parameterChecks } from "../parameter.ts";
import type { Regularizer, RegularizerChoice } from "../regularizers.ts";
import { aRegularizer, regularizerOf } from "../regularizers.ts";
import { layerChecks } from "./layer-checks.ts";
import type { PerAxis } from "./spatial.ts";
import { perAxis, perAxisOf } from "./spatial.ts";
import type { WindowGeometry, WindowPadding } from "./windowed.ts";

/** What all layers that convolve can be told. */
export interface ConvLayerOptions extends LayerOptions, BiasOptions {
  /** From one window to the next, for all spatial axes or for each; 1 by default. */
  readonly strides?: PerAxis | undefined;
  /** From one place in a window to the next, for all spatial axes or for each; 1 by default. */
  readonly dilation?: PerAxis | undefined;
  /**
   * What is put around the input: nothing with `valid`, the default; as much as gives ⌈length / stride⌉ windows with `same`, an odd one at the
   * end.
   */
  readonly padding?: "valid" | "same" | undefined;
  /** What the output goes through; `linear`, nothing, by default. */
  readonly activation?: ActivationChoice | undefined;
  /** What is added to the loss for the size of the output, averaged over the batch; nothing by default. */
  readonly activityRegularizer?: RegularizerChoice | undefined;
}

/** The same options where windows lie along a sequence. */
export type OfSequences<Options extends ConvLayerOptions> = Omit<Options, "padding"> & {
  /** As for images, `valid` by default; or `causal`, all before the first step, so that no window sees what comes after it. */
  readonly padding?: WindowPadding | undefined;
};

/** How such a layer is built from its options alone, which is also how it is saved. */
export type WithKernelSize<Options extends ConvLayerOptions> = OfSequences<Options> & { readonly kernelSize: PerAxis };

/** Their checks. */
export const convChecks = (rank: number): OptionChecks<WithKernelSize<ConvLayerOptions>> => ({
  ...layerChecks,
  ...parameterChecks("bias"),
  kernelSize: perAxisOf(rank),
  strides: perAxisOf(rank),
  dilation: perAxisOf(rank),
  padding: aPadding(rank),
  activation: anActivation,
  useBias: flag,
  activityRegularizer: aRegularizer,
});

/** A convolution of some kind, then a bias and an activation. */
export abstract class ConvLayer<Options extends WithKernelSize<ConvLayerOptions>> extends Layer<Options> {
  override readonly kind: string;
  override readonly autocast = true;
  protected readonly rank: number;
  protected readonly geometry: WindowGeometry;
  readonly #activation: Activation;
  readonly #bias: Parameter;
  readonly #activity: Regularizer | undefined;

  constructor(kind: string, rank: number, options: Options, checks: OptionChecks<Options>) {
    super(checkOptions(kind, options, checks));
    const { kernelSize, strides = 1, dilation = 1, padding = "valid" } = options;
    this.kind = kind;
    this.rank = rank;
    this.geometry = {
      sizes: perAxis(kind, "kernelSize", kernelSize, rank),
      strides: perAxis(kind, "strides", strides, rank),
      dilations: perAxis(kind, "dilation", dilation, rank),
      padding,
    };
    this.#activation = activationOf(kind, options.activation);
    this.#bias = parameter(kind, "bias", options, "zeros");
    this.#activity = regularizerOf(kind, options.activityRegularizer);
  }

  /** The output before bias and activation. */
  protected abstract convolved(params: Params, x: Tensor): Tensor;

  /** The bias among the layer's variables, unless it has none. */
  protected biasSpec(filters: number): ParamSpecs {
    return this.options.useBias === false ? {} : { bias: { ...this.#bias, shape: [filters] } };
  }

  call(params: Params, x: Tensor, context: CallContext): Tensor {
    const sums = this.convolved(params, x);
    const y = this.#activation.call(params.bias === undefined ? sums : sums.add(params.bias));
    if (this.#activity !== undefined) context.addLoss(this.#activity.penalty(y).div(x.shape[0]!));
    return y;
  }
}

/** For an option that names a padding; only sequences have a causal one. */
export const aPadding =
  (rank: number): Check =>
  (where, _name, value) => {
    const known: readonly unknown[] = rank === 1 ? ["valid", "same", "causal"] : ["valid", "same"];
    if (known.includes(value)) return value;
    throw new GradsmithError("option", where, `unknown padding ${described(value)}.`, `Known: ${known.join(", ")}.`);
  };

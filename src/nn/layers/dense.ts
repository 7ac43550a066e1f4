import { flag, positiveInteger } from "../../core/checks.ts";
import { GradsmithError } from "../../core/errors.ts";
import { checkOptions } from "../../core/options.ts";
import type { Shape } from "../../core/shape.ts";
import { showShape } from "../../core/shape.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import type { Activation, ActivationChoice } from "../activations.ts";
import { activationOf, anActivation } from "../activations.ts";
import { maskOf, withMask } from "../carried.ts";
import type { LayerOptions } from "../layer.ts";
import { Layer } from "../layer.ts";
import type { CallContext, ParamSpecs, Params } from "../module.ts";
import type { BiasOptions, KernelOptions, Parameter } from "../parameter.ts";
import { parameter, parameterChecks } from "../parameter.ts";
import type { Regularizer, RegularizerChoice } from "../regularizers.ts";
import { aRegularizer, regularizerOf } from "../regularizers.ts";
import { byPlace } from "./by-place.ts";
import { layerChecks } from "./layer-checks.ts";

/** The options of `dense`. */
export interface DenseOptions extends LayerOptions, KernelOptions, BiasOptions {
  /** What the output goes through; `linear`, nothing, by default. */
  readonly activation?: ActivationChoice | undefined;
  /** What is added to the loss for the size of the output, averaged over the batch; nothing by default. */
  readonly activityRegularizer?: RegularizerChoice | undefined;
}

export class Dense extends Layer<DenseOptions & { readonly units: number }> {
  override readonly kind = "dense";
  override readonly autocast = true;
  readonly #activation: Activation;
  readonly #kernel: Parameter;
  readonly #bias: Parameter;
  readonly #activity: Regularizer | undefined;

  constructor(options: DenseOptions & { readonly units: number }) {
    super(
      checkOptions("dense", options, {
        ...layerChecks,
        ...parameterChecks("kernel", "bias"),
        units: positiveInteger,
        activation: anActivation,
        useBias: flag,
        activityRegularizer: aRegularizer,
      }),
    );
    positiveInteger("dense", "units", options.units);
    this.#activation = activationOf("dense", options.activation);
    this.#kernel = parameter("dense", "kernel", options, "glorotUniform");
    this.#bias = parameter("dense", "bias", options, "zeros");
    this.#activity = regularizerOf("dense", options.activityRegularizer);
  }

  override params(input: Shape): ParamSpecs {
    const { units, useBias = true } = this.options;
    if (input.length < 2) {
      throw new GradsmithError(
        "shape",
        "dense",
        `needs [batch, ..., features], got ${showShape(input)}.`,
        "Reshape to [batch, features] first.",
      );
    }
    const kernel = { ...this.#kernel, shape: [input[input.length - 1]!, units] };
    return useBias ? { kernel, bias: { ...this.#bias, shape: [units] } } : { kernel };
  }

  call({ kernel, bias }: Params, x: Tensor, context: CallContext): Tensor {
    const product = x.matmul(kernel!);
    const sums = bias === undefined ? product : product.add(bias);
    const mask = maskOf(x, x.shape.slice(0, -1));
    const y = this.#activation.call(mask === undefined ? sums : withMask(sums, mask));
    if (this.#activity !== undefined) context.addLoss(this.#activity.penalty(y).div(x.shape[0]!));
    return y;
  }
}

/**
 * A fully connected layer over the last axis: [batch, ..., features] to [batch, ..., units].
 *
 *     y = activation(x · kernel + bias)        kernel [features, units], bias [units]
 *
 * Places that a mask leaves out stay left out.
 *
 * @example dense(20, { activation: "relu" })
 * @throws GradsmithError "option" for an unknown option or a value that can't be, "shape" for an input without features.
 */
export const dense = (units: number, options: DenseOptions = {}): Dense => new Dense(byPlace("dense", { units }, options));

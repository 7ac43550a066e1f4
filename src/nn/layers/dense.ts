import { positiveInteger } from "../../core/checks.ts";
import { GradsmithError } from "../../core/errors.ts";
import type { Shape } from "../../core/shape.ts";
import { showShape } from "../../core/shape.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import type { Activation, ActivationChoice } from "../activations.ts";
import { activationOf } from "../activations.ts";
import type { Choice } from "../described.ts";
import type { Initializer } from "../initializers.ts";
import { initializerOf } from "../initializers.ts";
import type { LayerContext, LayerOptions, ParamSpec, ParamSpecs, Params } from "../layer.ts";
import { Layer } from "../layer.ts";
import type { Regularizer } from "../regularizers.ts";
import { regularizerOf } from "../regularizers.ts";

export interface DenseOptions extends LayerOptions {
  readonly activation?: ActivationChoice;
  readonly useBias?: boolean;
  readonly kernelInitializer?: Choice<Initializer>;
  readonly biasInitializer?: Choice<Initializer>;
  readonly kernelRegularizer?: Choice<Regularizer>;
  readonly biasRegularizer?: Choice<Regularizer>;
  /** A penalty on the output, averaged over the batch. */
  readonly activityRegularizer?: Choice<Regularizer>;
}

export class Dense extends Layer {
  readonly kind = "dense";
  readonly options: DenseOptions & { readonly units: number };
  override readonly ending: Activation;
  readonly #kernel: Omit<ParamSpec, "shape">;
  readonly #bias: Omit<ParamSpec, "shape">;
  readonly #activity: Regularizer | undefined;

  constructor(options: DenseOptions & { readonly units: number }) {
    super();
    const { units, activation, kernelInitializer = "glorotUniform", biasInitializer = "zeros" } = options;
    positiveInteger("dense", "units", units);
    this.options = options;
    this.ending = activationOf("dense", activation);
    this.#kernel = {
      trainable: true,
      initializer: initializerOf("dense", kernelInitializer),
      regularizer: regularizerOf("dense", options.kernelRegularizer),
    };
    this.#bias = {
      trainable: true,
      initializer: initializerOf("dense", biasInitializer),
      regularizer: regularizerOf("dense", options.biasRegularizer),
    };
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

  call(params: Params, x: Tensor, context: LayerContext): Tensor {
    return this.ending.call(this.beforeEnding(params, x, context));
  }

  override beforeEnding({ kernel, bias }: Params, x: Tensor, context: LayerContext): Tensor {
    const product = x.matmul(kernel!);
    const y = bias === undefined ? product : product.add(bias);
    if (this.#activity !== undefined) context.addLoss(this.#activity.penalty(this.ending.call(y)).div(x.shape[0]!));
    return y;
  }
}

/**
 * A fully connected layer over the last axis: [batch, ..., features] to [batch, ..., units].
 *
 *     y = activation(x · kernel + bias)
 *
 * @example dense(20, { activation: "relu" })
 */
export const dense = (units: number, options: DenseOptions = {}): Dense => new Dense({ units, ...options });

import type { Tensor } from "../../tensor/tensor.ts";
import type { Params } from "../layer.ts";
import type { RecurrentOptions, RecurrentState } from "./recurrent.ts";
import { Recurrent } from "./recurrent.ts";

export class SimpleRnn extends Recurrent {
  readonly kind = "simpleRnn";
  readonly options: RecurrentOptions & { readonly units: number };

  constructor(options: RecurrentOptions & { readonly units: number }) {
    super("simpleRnn", 1, options);
    this.options = options;
  }

  protected step({ recurrentKernel }: Params, { h }: RecurrentState, inputs: Tensor): RecurrentState {
    return { h: this.activation.call(inputs.add(h.matmul(recurrentKernel!))) };
  }
}

/**
 * A fully connected recurrent layer: [batch, steps, features] to [batch, units], or to [batch, steps, units] with `returnSequences`.
 *
 *     h ← tanh(x·W + h·U + b)
 *
 * @example simpleRnn(32)
 */
export const simpleRnn = (units: number, options: RecurrentOptions = {}): SimpleRnn => new SimpleRnn({ units, ...options });

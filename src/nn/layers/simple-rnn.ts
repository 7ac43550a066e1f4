import type { Tensor } from "../../tensor/tensor.ts";
import type { Params } from "../module.ts";
import { byPlace } from "./by-place.ts";
import type { RecurrentOptions, RecurrentState, WithUnits } from "./recurrent.ts";
import { Recurrent, recurrentChecks } from "./recurrent.ts";

export class SimpleRnn extends Recurrent {
  override readonly kind = "simpleRnn";

  constructor(options: WithUnits<RecurrentOptions>) {
    super("simpleRnn", 1, options, recurrentChecks);
  }

  protected step({ recurrentKernel }: Params, { h }: RecurrentState, inputs: Tensor): RecurrentState {
    return { h: this.activation.call(inputs.add(h.matmul(recurrentKernel!))) };
  }
}

/**
 * A fully connected recurrent layer: [batch, steps, features] to [batch, units], or to [batch, steps, units] with `returnSequences`.
 *
 *     h ← tanh(x·W + h·U + b)        W [features, units], U [units, units], b [units]
 *
 * @example simpleRnn(32)
 * @throws GradsmithError "option" for an unknown option or a value that can't be, "shape" for an input of another rank.
 */
export const simpleRnn = (units: number, options: RecurrentOptions = {}): SimpleRnn =>
  new SimpleRnn(byPlace("simpleRnn", { units }, options));

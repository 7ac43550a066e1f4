import { full } from "../tensor/create.ts";
import type { Tensor } from "../tensor/tensor.ts";
import type { NamedTensors, Optimizer } from "./optimizer.ts";

/**
 * What may be set between updates without another program, each an f32 scalar: `learningRate`, from the optimizer's number. An optimizer with
 * a schedule has none: its rate follows from the step.
 */
export const initialHyperparameters = ({ learningRate }: Optimizer): NamedTensors =>
  typeof learningRate === "number" ? { learningRate: full([], learningRate) } : {};

/** The rate of the update that follows `done` others (a float scalar): the schedule's, else that of the state, else the optimizer's number. */
export function rateOf({ learningRate }: Optimizer, hyperparameters: NamedTensors | undefined, done: Tensor): Tensor {
  if (typeof learningRate === "function") return learningRate(done);
  return hyperparameters?.["learningRate"] ?? full([], learningRate);
}

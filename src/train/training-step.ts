import { valueAndGrad } from "../autodiff/grad.ts";
import type { Blueprint } from "../nn/blueprint.ts";
import type { NamedTensors } from "../optim/optimizer.ts";
import { random } from "../tensor/random.ts";
import type { Tensor } from "../tensor/tensor.ts";
import type { Batch } from "./batches.ts";
import type { TrainingSetup } from "./compile-options.ts";
import type { Objective, Traceable } from "./objective.ts";
import { objective } from "./objective.ts";
import type { Tally } from "./tally.ts";
import { addToTally } from "./tally.ts";
import type { TrainState } from "./train-state.ts";

/** What a training step carries along. */
export interface Progressing {
  readonly model: TrainState;
  readonly tally: Tally;
  /** The first step (of all steps the state has seen) whose loss was not a finite number; −1 while there is none. i32. */
  readonly firstBad: Tensor;
}

/** A batch, and the run's random key: each step folds its number into it. */
export interface StepInput extends Batch {
  readonly key: Tensor;
}

/** One step of mini-batch training: forward, loss, gradients, update, constraints, figures. */
export function trainingStep(
  model: Traceable,
  setup: TrainingSetup,
  { model: state, tally, firstBad }: Progressing,
  { key, ...batch }: StepInput,
): Progressing {
  const stepKey = random.foldIn(key, state.step);
  const loss = (params: NamedTensors): readonly [Tensor, Objective] => {
    const aims = objective(model, setup, { ...params, ...state.state }, batch, { training: true, key: stepKey });
    return [aims.loss, aims];
  };
  const { value, grads, aux } = valueAndGrad(loss, { hasAux: true })(state.params);
  const turnedBad = firstBad.less(0).and(value.isFinite().not());
  const updated = state.update(setup.optimizer, grads, { state: aux.written });
  return {
    model: updated.with({ params: constrained(model.blueprint, updated.params) }),
    tally: addToTally(tally, setup, { ...aux, loss: value }, batch),
    firstBad: turnedBad.where(state.step, firstBad),
  };
}

/** Weights brought to what their constraints allow. */
export const constrained = ({ variables }: Blueprint, params: NamedTensors): NamedTensors =>
  Object.fromEntries(Object.entries(params).map(([path, value]) => [path, variables[path]?.constraint?.apply(value) ?? value]));

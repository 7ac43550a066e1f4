import { valueAndGrad } from "../autodiff/grad.ts";
import type { NamedTensors } from "../optim/optimizer.ts";
import { random } from "../tensor/random.ts";
import type { Tensor } from "../tensor/tensor.ts";
import type { TrainingSetup } from "./compile-options.ts";
import type { Traceable } from "./objective.ts";
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

interface StepInput {
  readonly x: Tensor;
  readonly y: Tensor;
  /** The run's random key; each step folds its number into it. */
  readonly key: Tensor;
}

/** One step of mini-batch training: forward, loss, gradients, update, figures. */
export function trainingStep(
  model: Traceable,
  setup: TrainingSetup,
  { model: state, tally, firstBad }: Progressing,
  { x, y, key }: StepInput,
): Progressing {
  const stepKey = random.foldIn(key, state.step);
  const loss = (params: NamedTensors): readonly [Tensor, { prediction: Tensor; written: NamedTensors }] => {
    const { loss: value, ...aux } = objective(model, setup.loss, { ...params, ...state.state }, x, y, { training: true, key: stepKey });
    return [value, aux];
  };
  const { value, grads, aux } = valueAndGrad(loss, { hasAux: true })(state.params);
  const turnedBad = firstBad.less(0).and(value.isFinite().not());
  return {
    model: state.update(setup.optimizer, grads, { state: aux.written }),
    tally: addToTally(tally, setup, value, y, aux.prediction),
    firstBad: turnedBad.where(state.step, firstBad),
  };
}

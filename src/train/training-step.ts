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

/** One step of mini-batch training: gradients, what is done to them, the update with them, and figures. */
export function trainingStep(
  model: Traceable,
  setup: TrainingSetup,
  { model: state, tally, firstBad }: Progressing,
  { key, ...batch }: StepInput,
): Progressing {
  const { grads, objective: aims } = gradientsOf(model, setup, state, batch, random.foldIn(key, state.step));
  const transformed = setup.transformGradients?.(grads) ?? grads;
  const turnedBad = firstBad.less(0).and(aims.loss.isFinite().not());
  return {
    model: applyGradients(model, setup, state, transformed, aims.written),
    tally: addToTally(tally, setup, aims, batch),
    firstBad: turnedBad.where(state.step, firstBad),
  };
}

/** Gradients of what a step makes small for what is trained, as the batch alone gives them. */
export interface BatchGradients {
  readonly grads: NamedTensors;
  readonly objective: Objective;
}

/** Forward and back through one batch. Nothing is changed: what layers write is in the objective. `key` is this step's own. */
export function gradientsOf(model: Traceable, setup: TrainingSetup, state: TrainState, batch: Batch, key: Tensor): BatchGradients {
  const loss = (params: NamedTensors): readonly [Tensor, Objective] => {
    const aims = objective(model, setup, { ...params, ...state.state }, batch, { training: true, key });
    return [aims.loss, aims];
  };
  const { value, grads, aux } = valueAndGrad(loss, { hasAux: true })(state.params);
  return { grads, objective: { ...aux, loss: value } };
}

/** The state after the optimizer's step with these gradients, which the optimizer's own `prepare` sees first, and constraints; with what layers wrote. */
export function applyGradients(
  model: Traceable,
  { optimizer }: TrainingSetup,
  state: TrainState,
  grads: NamedTensors,
  written: NamedTensors,
): TrainState {
  const updated = state.update(optimizer, grads, { state: written });
  return updated.with({ params: constrained(model.blueprint, updated.params) });
}

/** Weights brought to what their constraints allow. */
const constrained = ({ variables }: Blueprint, params: NamedTensors): NamedTensors =>
  Object.fromEntries(Object.entries(params).map(([path, value]) => [path, variables[path]?.constraint?.apply(value) ?? value]));

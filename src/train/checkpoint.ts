import { GradsmithError } from "../core/errors.ts";
import type { NamedTensors } from "../optim/optimizer.ts";
import type { TrainState } from "./train-state.ts";

/** A training that can go on where it is. */
export interface Checkpoint {
  readonly state: TrainState;
  /** What else it carries from step to step, by name. */
  readonly extra: NamedTensors;
  readonly place: Place;
}

/** Where in its data a training is. */
export interface Place {
  /** What decides the order of the samples, and dropout. */
  readonly seed: number;
  /** Epochs that are complete. */
  readonly epoch: number;
  /** Batches done of the next one. */
  readonly batch: number;
}

/** The key of a training's record in a file's metadata. A file that has it is a checkpoint. */
export const trainingKey = "gradsmith.training";

/** What the names of a training's tensors begin with in a checkpoint, where all others are variables of the model. */
export const trainingPrefix = "training:";

/** A training's record, as JSON. */
export interface TrainingRecord {
  readonly format: 1;
  readonly place: Place;
}

/**
 * All tensors of a checkpoint by their names in a file: variables by path, then
 *
 *     training:step      training:slots/<path>/<slot>      training:hyperparameters/<name>      training:extra/<name>
 */
export function checkpointTensors({ state, extra }: Checkpoint): NamedTensors {
  const { variables, slots, step, hyperparameters } = state;
  const clashing = Object.keys(variables).find((path) => path.startsWith(trainingPrefix));
  if (clashing !== undefined)
    throw new GradsmithError("usage", "saveCheckpoint", `a checkpoint can't hold a variable called "${clashing}".`, "Rename its layer.");
  const named = (group: string, tensors: NamedTensors): (readonly [string, NamedTensors[string]])[] =>
    Object.entries(tensors).map(([name, value]) => [`${trainingPrefix}${group}/${name}`, value]);
  return Object.fromEntries([
    ...Object.entries(variables),
    [`${trainingPrefix}step`, step],
    ...Object.entries(slots).flatMap(([path, own]) => named(`slots/${path}`, checkedSlots(own))),
    ...named("hyperparameters", hyperparameters),
    ...named("extra", extra),
  ]);
}

/** What follows the last slash of a name is the slot. */
function checkedSlots(slots: NamedTensors): NamedTensors {
  const wrong = Object.keys(slots).find((slot) => slot.includes("/"));
  if (wrong === undefined) return slots;
  throw new GradsmithError("usage", "saveCheckpoint", `the optimizer's slot "${wrong}" has a slash in its name.`, "Rename it.");
}

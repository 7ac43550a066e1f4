import { GradsmithError } from "../core/errors.ts";
import { quotedName } from "../core/printable.ts";
import { sameShape, showType } from "../core/shape.ts";
import type { Blueprint } from "../nn/blueprint.ts";
import type { NamedTensors } from "../optim/optimizer.ts";
import type { Slots } from "../optim/update-tree.ts";
import type { Tensor } from "../tensor/tensor.ts";
import type { Checkpoint, Place } from "./checkpoint.ts";
import { trainingKey } from "./checkpoint.ts";
import { divided } from "./model-state.ts";
import type { Traceable } from "./objective.ts";
import type { ModelFile } from "./read-model-file.ts";
import { checkTensors, readTensors } from "./read-model-file.ts";
import { TrainState } from "./train-state.ts";

/**
 * The training in a file that `saveCheckpoint` wrote, for this model: its variables, all that the optimizer remembers and goes by, and its
 * place in the data. The architecture in the file isn't looked at, and the model keeps its weights.
 *
 * @param from a path, a URL, the file's bytes or a Blob.
 * @throws GradsmithError "file" where the file is missing, damaged or no checkpoint, or where it is of another model than this one;
 * "network" where a URL doesn't answer.
 */
export async function readCheckpoint(from: ModelFile, { blueprint }: Traceable): Promise<Checkpoint> {
  const { tensors, training, metadata, where } = await readTensors(from);
  const place = readPlace(where, metadata[trainingKey]);
  checkTensors(where, tensors, blueprint);
  checkDTypes(where, tensors, blueprint);
  // In the model's order and not the file's: sums over all weights, such as a common norm, are then the same to the bit.
  const variables = Object.fromEntries(Object.keys(blueprint.variables).map((path) => [path, tensors[path]!]));
  const { params, state } = divided(blueprint, variables);
  const { step, slots, hyperparameters, extra } = grouped(where, training);
  await checkStep(where, step);
  await checkHyperparameters(where, hyperparameters);
  return { state: new TrainState({ params, state, slots: slotsOf(where, slots, params), step, hyperparameters }), extra, place };
}

/** What each part of a place may be: the names are all there are. */
const placeChecks: Readonly<Record<keyof Place, (value: unknown) => boolean>> = {
  seed: Number.isSafeInteger,
  epoch: (value) => Number.isSafeInteger(value) && (value as number) >= 0,
  batch: (value) => Number.isSafeInteger(value) && (value as number) >= 0,
};

function readPlace(where: string, text: string | undefined): Place {
  if (text === undefined)
    throw new GradsmithError("file", where, "holds no training that could go on.", "Give a file that modelCheckpoint wrote.");
  const record = parsed(text);
  if (isRecord(record) && record.format === 1 && isPlace(record.place)) return record.place;
  throw new GradsmithError("file", where, "the record of the training is damaged, or from another version.", "Train from the start.");
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

const isPlace = (found: unknown): found is Place =>
  isRecord(found) &&
  Object.keys(found).length === Object.keys(placeChecks).length &&
  Object.entries(placeChecks).every(([name, check]) => Object.hasOwn(found, name) && check(found[name]));

const isRecord = (x: unknown): x is Record<string, unknown> => typeof x === "object" && x !== null && !Array.isArray(x);

function checkDTypes(where: string, tensors: NamedTensors, { variables }: Blueprint): void {
  for (const [path, { dtype }] of Object.entries(tensors)) {
    const wanted = variables[path]!.dtype;
    if (dtype !== wanted) throw ofAnother(where, `${quotedName(path)} is ${dtype}, but the model's is ${wanted}.`);
  }
}

interface Groups {
  readonly step: Tensor;
  readonly slots: NamedTensors;
  readonly hyperparameters: NamedTensors;
  readonly extra: NamedTensors;
}

/** A training's tensors by what they are, under what follows in their names. */
function grouped(where: string, training: NamedTensors): Groups {
  const parts = ["slots", "hyperparameters", "extra"] as const;
  const partOf = (name: string): (typeof parts)[number] | undefined => parts.find((part) => name.startsWith(`${part}/`));
  const strange = Object.keys(training).find((name) => name !== "step" && partOf(name) === undefined);
  if (strange !== undefined)
    throw new GradsmithError(
      "file",
      where,
      `holds ${quotedName(strange)} for a training, which isn't known here.`,
      "It is of another version.",
    );
  if (!Object.hasOwn(training, "step")) throw new GradsmithError("file", where, "the number of steps done is missing.");
  const part = (wanted: (typeof parts)[number]): NamedTensors =>
    Object.fromEntries(
      Object.entries(training)
        .filter(([name]) => partOf(name) === wanted)
        .map(([name, value]) => [name.slice(wanted.length + 1), value]),
    );
  return { step: training.step!, slots: part("slots"), hyperparameters: part("hyperparameters"), extra: part("extra") };
}

async function checkStep(where: string, step: Tensor): Promise<void> {
  if (step.dtype === "i32" && step.rank === 0 && (await step.item()) >= 0) return;
  throw new GradsmithError("file", where, "the number of steps done is not a whole number of at least 0.");
}

async function checkHyperparameters(where: string, hyperparameters: NamedTensors): Promise<void> {
  for (const [name, value] of Object.entries(hyperparameters)) {
    const number = value.dtype === "f32" && value.rank === 0 ? await value.item() : Number.NaN;
    if (!(Number.isFinite(number) && number >= 0))
      throw new GradsmithError("file", where, `the hyperparameter ${quotedName(name)} is not an f32 number of at least 0.`);
  }
}

/** What was remembered for each parameter, in its type; every parameter has the same slots. */
function slotsOf(where: string, given: NamedTensors, params: NamedTensors): Slots {
  const found = new Map(Object.keys(params).map((path) => [path, new Map<string, Tensor>()]));
  for (const [name, value] of Object.entries(given)) {
    const cut = name.lastIndexOf("/");
    const [path, slot] = [name.slice(0, cut), name.slice(cut + 1)];
    const own = found.get(path);
    if (own === undefined) throw ofAnother(where, `holds a slot ${quotedName(slot)} of ${quotedName(path)}, which isn't trained here.`);
    const param = params[path]!;
    if (value.dtype !== param.dtype || !sameShape(value.shape, param.shape))
      throw ofAnother(
        where,
        `the slot ${quotedName(slot)} of ${quotedName(path)} is ${showType(value.type)}, but the weight is ${showType(param.type)}.`,
      );
    own.set(slot, value);
  }
  const names = new Set([...found.values()].flatMap((slots) => [...slots.keys()]));
  for (const [path, slots] of found) {
    const missing = [...names].find((slot) => !slots.has(slot));
    if (missing !== undefined) throw ofAnother(where, `the slot ${quotedName(missing)} of ${quotedName(path)} is missing.`);
  }
  return Object.fromEntries([...found].map(([path, slots]) => [path, Object.fromEntries(slots)]));
}

const ofAnother = (where: string, what: string): GradsmithError =>
  new GradsmithError("file", where, what, "Go on with the model that was trained, frozen as it was.");

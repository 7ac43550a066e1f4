import { record } from "../core/checks.ts";
import { GradsmithError } from "../core/errors.ts";
import type { Check } from "../core/options.ts";
import { described } from "../core/options.ts";
import { sameShape, showShape } from "../core/shape.ts";
import type { Value } from "../nn/module.ts";
import type { Types } from "../nn/shapes.ts";
import { namedLeaves, namedTypes } from "../nn/shapes.ts";
import { tensor } from "../tensor/create.ts";
import type { Tensor } from "../tensor/tensor.ts";
import type { Batch } from "./batches.ts";
import { checkTargetRange, checkTargetShape } from "./check-targets.ts";
import type { TrainingSetup } from "./compile-options.ts";
import type { Traceable } from "./objective.ts";
import type { Output } from "./outputs.ts";
import type { ByOutput, SampleTree } from "./samples.ts";
import { byOutput, checkCounts, checkFeatures, countOf, treeOf } from "./samples.ts";

/** How much samples of each class count, by class number; 1 for those not named. */
export type ClassWeight = Readonly<Record<number, number>>;

/** Samples as users give them. */
export interface GivenSamples {
  readonly x: SampleTree;
  readonly y: SampleTree;
  /** How much each sample counts: [samples], or by output; or [samples, steps] for outputs of sequences. */
  readonly sampleWeight?: SampleTree | undefined;
  readonly classWeight?: ClassWeight | undefined;
  /** How `x` is called in messages. */
  readonly name?: string;
  /** Whether a dataset hands these out, which may have forgotten to make batches. */
  readonly isHandedOut?: boolean;
}

/** Features, targets and weights that fit each other, the model and the loss. */
export async function checkedBatch(
  where: string,
  model: Traceable,
  { outputs }: TrainingSetup,
  { x: given, y: wanted, sampleWeight, classWeight, name = "x", isHandedOut = false }: GivenSamples,
): Promise<Batch> {
  const { input } = model.blueprint;
  const x = treeOf(where, name, given, input);
  if (isHandedOut) checkBatched(where, x, input);
  checkFeatures(where, x, input, name);
  const trained = outputs.filter(({ loss }) => loss !== undefined);
  const names = outputs.map((output) => output.name);
  const targets = byOutput(where, "y", treeOf(where, "y", wanted, model.blueprint.output), names);
  const y = Object.fromEntries(trained.map((output) => [output.name, targetOf(where, targets, output)]));
  const first = namedLeaves(x)[0]!;
  for (const [output, target] of Object.entries(y)) {
    checkCounts(where, [
      [first[0] === "" ? name : `${name}.${first[0]}`, first[1]],
      [output === "" ? "y" : `y.${output}`, target],
    ]);
  }
  for (const output of trained) {
    checkTargetShape(where, output.loss!, y[output.name]!, output.shape);
    await checkTargetRange(where, output.loss!, y[output.name]!, output.shape);
  }
  if (sampleWeight !== undefined && classWeight !== undefined)
    throw new GradsmithError(
      "option",
      where,
      "sampleWeight and classWeight can't be given together.",
      "Multiply them into one sampleWeight.",
    );
  const weight =
    classWeight !== undefined
      ? classWeights(where, classWeight, trained, y)
      : sampleWeight !== undefined
        ? sampleWeights(where, sampleWeight, trained, countOf(x))
        : {};
  return { x, y, weight };
}

function checkBatched(where: string, x: Value, input: Types): void {
  const wanted = new Map(namedTypes(input));
  for (const [leaf, { shape }] of namedLeaves(x)) {
    const sample = wanted.get(leaf)?.shape.slice(1);
    if (shape.length > 0 && (sample === undefined || !sameShape(shape, sample))) continue;
    throw new GradsmithError(
      "shape",
      where,
      `the dataset gives single samples of shape ${showShape(shape)} where batches of them are needed.`,
      "Call its batch(32).",
    );
  }
}

function targetOf(where: string, targets: ByOutput, { name }: Output): Tensor {
  const target = targets[name];
  if (target !== undefined) return target;
  throw new GradsmithError("data", where, `y lacks the output "${name}".`, "Give targets for each output that has a loss.");
}

function sampleWeights(where: string, given: SampleTree, outputs: readonly Output[], count: number): ByOutput {
  const names = outputs.map(({ name }) => name);
  const value: Value = treeOf(where, "sampleWeight", given);
  const leaves = namedLeaves(value);
  const weights =
    leaves.length === 1 && leaves[0]![0] === ""
      ? Object.fromEntries(names.map((name) => [name, leaves[0]![1]]))
      : byOutput(where, "sampleWeight", value, names);
  return Object.fromEntries(
    outputs
      .filter(({ name }) => weights[name] !== undefined)
      .map((output) => [output.name, fittingWeight(where, weights[output.name]!, output, count)]),
  );
}

/** A weight for each sample, or for each of its leading places. */
function fittingWeight(where: string, weight: Tensor, { name, shape }: Output, count: number): Tensor {
  const flat = weight.rank === 2 && weight.shape[1] === 1 && (shape.length < 2 || shape[1] !== 1) ? weight.squeeze(1) : weight;
  const fits = flat.shape[0] === count && flat.rank <= shape.length && flat.shape.every((size, axis) => axis === 0 || size === shape[axis]);
  if (fits) return flat.cast("f32");
  const of = name === "" ? "" : ` of "${name}"`;
  throw new GradsmithError(
    "shape",
    where,
    `sampleWeight${of} has shape ${showShape(weight.shape)}, but there are ${count} samples and the model gives [${["batch", ...shape.slice(1)].join(", ")}].`,
    "Give a number for each sample, or for each of its steps.",
  );
}

/** For an option that says how much classes count. */
export const aClassWeight: Check = (where, name, value) => {
  for (const [label, weight] of Object.entries(record(where, name, value))) {
    if (Number.isInteger(Number(label)) && Number(label) >= 0 && Number.isFinite(weight)) continue;
    throw new GradsmithError(
      "option",
      where,
      `${name} must give numbers to class numbers, got ${label}: ${described(weight)}.`,
      "Write { 0: 1, 1: 5 }.",
    );
  }
  return value;
};

/** Each sample's class, looked up in a table of weights. */
function classWeights(where: string, weights: ClassWeight, outputs: readonly Output[], y: ByOutput): ByOutput {
  const [output, ...others] = outputs;
  if (output === undefined || others.length > 0)
    throw new GradsmithError("option", where, "classWeight is for models with one output.", "Give a sampleWeight for each output.");
  const entries = Object.entries(weights).map(([label, weight]) => [Number(label), weight as number] as const);
  const table = new Float32Array(Math.max(1, ...entries.map(([label]) => label + 1)) + 1).fill(1);
  for (const [label, weight] of entries) table[label] = weight;
  const target = y[output.name]!;
  // What lies beyond the table is looked up at its end, where a 1 is.
  return { [output.name]: tensor(table).gather(classesOf(target, output)) };
}

function classesOf(target: Tensor, { shape, loss }: Output): Tensor {
  const last = target.shape[target.rank - 1];
  if (loss!.targets !== "labels" && target.rank === shape.length && last !== 1) return target.argmax({ axis: -1 });
  return (target.rank > 1 && last === 1 ? target.squeeze(-1) : target).cast("i32");
}

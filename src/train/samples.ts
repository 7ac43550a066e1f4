import type { TypedArray } from "../core/dtype.ts";
import { GradsmithError } from "../core/errors.ts";
import type { Shape } from "../core/shape.ts";
import { sameShape, showShape } from "../core/shape.ts";
import type { Value } from "../nn/module.ts";
import type { Types } from "../nn/shapes.ts";
import { isType, namedLeaves, namedTypes } from "../nn/shapes.ts";
import { tensor } from "../tensor/create.ts";
import type { Nested } from "../tensor/functions/nested.ts";
import { Tensor } from "../tensor/tensor.ts";
import { logName } from "./outputs.ts";

/** Samples along the first axis: a tensor, nested arrays, or a typed array with its shape. */
export type Samples = Tensor | Nested | { readonly data: TypedArray; readonly shape: Shape };

/** Samples for each of several inputs or outputs: by name in a record, by place in a list of tensors. */
export type SampleTree = Samples | readonly SampleTree[] | { readonly [name: string]: SampleTree };

/** Targets or weights, by the name of their output; `""` where there is one. */
export type ByOutput = Readonly<Record<string, Tensor>>;

/** Samples as tensors, in the structure they are given in; what the model takes decides where that is in doubt. */
export function treeOf(where: string, name: string, given: SampleTree, like?: Types): Value {
  if (isSamples(given, like)) return samplesOf(where, name, given as Samples);
  const parts = Object.entries(given as object).map(([key, part]): [string, Value] => [
    key,
    treeOf(where, `${name}.${key}`, part as SampleTree, partOf(like, key)),
  ]);
  return Array.isArray(given) ? parts.map(([, part]) => part) : Object.fromEntries(parts);
}

const partOf = (like: Types | undefined, key: string): Types | undefined =>
  like === undefined || isType(like) ? undefined : (like as Readonly<Record<string, Types>>)[key];

function isSamples(given: SampleTree, like: Types | undefined): boolean {
  if (given instanceof Tensor || typeof given !== "object" || given === null || ArrayBuffer.isView(given) || isShaped(given)) return true;
  if (!Array.isArray(given)) return false;
  if (like !== undefined) return isType(like) || !Array.isArray(like) || like.length !== given.length;
  return !given.some((item) => item instanceof Tensor || (typeof item === "object" && item !== null && isShaped(item)));
}

export function samplesOf(where: string, name: string, given: Samples): Tensor {
  const whole = given instanceof Tensor ? given : isShaped(given) ? tensor(given.data, { shape: given.shape }) : tensor(given);
  if (whole.rank > 0) return whole;
  throw new GradsmithError("data", where, `${name} is one number and has no samples.`, "Give an array with one entry per sample.");
}

const isShaped = (given: object | Nested): given is { readonly data: TypedArray; readonly shape: Shape } =>
  typeof given === "object" && given !== null && "data" in given && "shape" in given && !(given instanceof Tensor);

/** How many samples a value holds. */
export const countOf = (value: Value): number => namedLeaves(value)[0]?.[1].shape[0] ?? 0;

/** The samples must have the shapes that the model was made for. */
export function checkFeatures(where: string, x: Value, input: Types, name = "x"): void {
  const given = namedLeaves(x);
  const wanted = namedTypes(input);
  const names = (leaves: readonly (readonly [string, unknown])[]): string => leaves.map(([leaf]) => leaf).join(", ");
  if (names(given) !== names(wanted)) {
    const said = (leaves: readonly (readonly [string, unknown])[]): string =>
      leaves.length === 1 && leaves[0]![0] === "" ? "one tensor" : `inputs ${names(leaves)}`;
    throw new GradsmithError(
      "shape",
      where,
      `the model takes ${said(wanted)}, but ${name} holds ${said(given)}.`,
      "Give samples for each input.",
    );
  }
  given.forEach(([leaf, samples], i) => {
    const full = leaf === "" ? name : `${name}.${leaf}`;
    if (samples.shape[0] === 0) throw new GradsmithError("data", where, `${full} has no samples.`, "Give at least one.");
    const [one, other] = [wanted[i]![1].shape.slice(1), samples.shape.slice(1)];
    if (sameShape(one, other)) return;
    throw new GradsmithError(
      "shape",
      where,
      `the model takes samples of shape ${showShape(one)}, but those of ${full} have shape ${showShape(other)}.`,
      "Reshape them, or change the model's inputShape.",
    );
  });
  checkCounts(
    where,
    given.map(([leaf, samples]) => [leaf === "" ? name : `${name}.${leaf}`, samples]),
  );
}

/** All of these must hold as many samples. */
export function checkCounts(where: string, parts: readonly (readonly [name: string, samples: Tensor])[]): void {
  const [first, ...others] = parts;
  for (const [name, samples] of others) {
    if (samples.shape[0] === first![1].shape[0]) continue;
    throw new GradsmithError(
      "data",
      where,
      `${first![0]} has ${first![1].shape[0]} samples, but ${name} has ${samples.shape[0]}.`,
      "Give one target for each sample.",
    );
  }
}

/** Targets or weights by output, where the names of the outputs are these. */
export function byOutput(where: string, what: string, value: Value, names: readonly string[]): ByOutput {
  const leaves = namedLeaves(value);
  const unknown = leaves.find(([name]) => !names.includes(name));
  if (unknown === undefined) return Object.fromEntries(leaves);
  const [only] = names;
  if (names.length === 1 && only === "")
    throw new GradsmithError("data", where, `the model has one output, but ${what} holds several parts.`, "Give one tensor.");
  throw new GradsmithError(
    "data",
    where,
    unknown[0] === "" ? `${what} is one tensor, but the model has several outputs.` : `${what} names "${unknown[0]}", which is no output.`,
    `Give one for each output: ${names.map(logName).join(", ")}.`,
  );
}

import type { TypedArray } from "../core/dtype.ts";
import { GradsmithError } from "../core/errors.ts";
import type { Shape } from "../core/shape.ts";
import { sameShape, showShape } from "../core/shape.ts";
import { tensor } from "../tensor/create.ts";
import type { Nested } from "../tensor/functions/nested.ts";
import { Tensor } from "../tensor/tensor.ts";

/** Samples along the first axis: a tensor, nested arrays, or a typed array with its shape. */
export type Samples = Tensor | Nested | { readonly data: TypedArray; readonly shape: Shape };

/** Batches that are walked through once per epoch. */
export type BatchSource = AsyncIterable<Batch> | Iterable<Batch>;
export interface Batch {
  readonly x: Tensor;
  readonly y: Tensor;
}

export function samplesOf(where: string, name: string, given: Samples): Tensor {
  const whole = given instanceof Tensor ? given : isShaped(given) ? tensor(given.data, { shape: given.shape }) : tensor(given);
  if (whole.rank > 0) return whole;
  throw new GradsmithError("data", where, `${name} is one number and has no samples.`, "Give an array with one entry per sample.");
}

const isShaped = (given: object | Nested): given is { readonly data: TypedArray; readonly shape: Shape } =>
  typeof given === "object" && given !== null && "data" in given && "shape" in given;

/** Whether something yields batches, rather than being samples. */
export function isBatchSource(given: Samples | BatchSource): given is BatchSource {
  if (typeof given !== "object" || given === null || given instanceof Tensor || Array.isArray(given) || ArrayBuffer.isView(given))
    return false;
  return Symbol.asyncIterator in given || Symbol.iterator in given;
}

/** The samples must have the shape that the model was made for. */
export function checkFeatures(where: string, x: Tensor, input: Shape, name = "x"): void {
  if (x.shape[0] === 0) throw new GradsmithError("data", where, `${name} has no samples.`, "Give at least one.");
  const [wanted, given] = [input.slice(1), x.shape.slice(1)];
  if (sameShape(wanted, given)) return;
  throw new GradsmithError(
    "shape",
    where,
    `the model takes samples of shape ${showShape(wanted)}, but those of ${name} have shape ${showShape(given)}.`,
    "Reshape them, or change the model's inputShape.",
  );
}

export function checkCounts(where: string, x: Tensor, y: Tensor): void {
  if (x.shape[0] === y.shape[0]) return;
  throw new GradsmithError("data", where, `x has ${x.shape[0]} samples, but y has ${y.shape[0]}.`, "Give one target for each sample.");
}

import type { DType, TypedArray } from "../core/dtype.ts";
import { GradsmithError } from "../core/errors.ts";
import { type Shape, showShape, sizeOf } from "../core/shape.ts";
import { tensor } from "../tensor/create.ts";
import { sourceOf } from "../tensor/execution.ts";
import type { Nested } from "../tensor/functions/nested.ts";
import { Tensor } from "../tensor/tensor.ts";

/** Numbers whose first axis counts samples: a tensor, a typed array of one number a sample, or nested arrays. */
export type Numbers = Tensor | Nested;

/** Samples in memory: `count` rows of equal shape, one after the other. */
export interface Rows {
  readonly count: number;
  /** Of one row. */
  readonly shape: Shape;
  readonly dtype: DType;
  readonly data: TypedArray;
}

/** Computes the numbers behind `values` and splits them along their first axis. */
export async function readRows(values: Numbers, where: string): Promise<Rows> {
  const whole = values instanceof Tensor ? values : tensor(values);
  const [count, ...shape] = whole.shape;
  if (count === undefined)
    throw new GradsmithError("data", where, "a single number has no samples.", "Give an array with one entry a sample.");
  return { count, shape, dtype: whole.dtype, data: await whole.read() };
}

/** The rows that `indices` name, as one tensor `[indices.length, ...shape]`. */
export function gatherRows(rows: Rows, indices: ArrayLike<number>): Tensor {
  const size = sizeOf(rows.shape);
  const data = sameKind(rows.data, indices.length * size);
  for (let i = 0; i < indices.length; i++) {
    const start = indices[i]! * size;
    if (size === 1) data[i] = rows.data[start]!;
    else data.set(rows.data.subarray(start, start + size), i * size);
  }
  return new Tensor(sourceOf(data, { shape: [indices.length, ...rows.shape], dtype: rows.dtype }));
}

/** One row, as a tensor without the axis of samples. */
export function rowAt(rows: Rows, index: number): Tensor {
  const size = sizeOf(rows.shape);
  return new Tensor(sourceOf(rows.data.slice(index * size, (index + 1) * size), { shape: rows.shape, dtype: rows.dtype }));
}

/** Features and labels must count the same samples. */
export function checkCounts(x: Rows, y: Rows, where: string, name = "y"): void {
  if (x.count === y.count) return;
  throw new GradsmithError(
    "data",
    where,
    `x has ${x.count} samples (${showShape([x.count, ...x.shape])}), ${name} has ${y.count} (${showShape([y.count, ...y.shape])}).`,
    `Give one ${name} for each x.`,
  );
}

function sameKind(like: TypedArray, length: number): TypedArray {
  if (like instanceof Float32Array) return new Float32Array(length);
  if (like instanceof Float64Array) return new Float64Array(length);
  if (like instanceof Int32Array) return new Int32Array(length);
  if (like instanceof Uint32Array) return new Uint32Array(length);
  return like instanceof Uint16Array ? new Uint16Array(length) : new Uint8Array(length);
}

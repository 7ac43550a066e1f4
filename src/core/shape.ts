import type { DType } from "./dtype.ts";
import { GradsmithError } from "./errors.ts";
import { described } from "./options.ts";

/** The length of each axis. */
export type Shape = readonly number[];
export interface TensorType {
  readonly dtype: DType;
  readonly shape: Shape;
}

export const sizeOf = (shape: Shape): number => shape.reduce((n, d) => n * d, 1);
/** Of what isn't one, such as a record of inputs where a layer takes one tensor, what it is. */
export const showShape = (shape: Shape): string => (Array.isArray(shape) ? `[${shape.join(", ")}]` : described(shape));
/** `f32 [2, 3]`. */
export const showType = ({ dtype, shape }: TensorType): string => `${dtype} ${showShape(shape)}`;
export const sameShape = (a: Shape, b: Shape): boolean => a.length === b.length && a.every((d, i) => d === b[i]);

/** A copy of what a caller gave for a shape, once it is one. */
export function checkedShape(where: string, shape: Shape): Shape {
  if (Array.isArray(shape) && shape.every((size) => Number.isSafeInteger(size) && size >= 0)) return [...shape];
  throw new GradsmithError("shape", where, `${described(shape)} is not a shape.`, "Use a list of integers from 0.");
}

/** Row-major strides, in elements. */
export function stridesOf(shape: Shape): number[] {
  const strides = new Array<number>(shape.length);
  let stride = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    strides[axis] = stride;
    stride *= shape[axis]!;
  }
  return strides;
}

/** NumPy broadcasting: align right, stretch ones. */
export function broadcastShapes(where: string, a: Shape, b: Shape): Shape {
  const rank = Math.max(a.length, b.length);
  return Array.from({ length: rank }, (_, i) => {
    const p = a[a.length - rank + i] ?? 1;
    const q = b[b.length - rank + i] ?? 1;
    if (p === q || q === 1) return p;
    if (p === 1) return q;
    throw new GradsmithError(
      "shape",
      where,
      `cannot broadcast ${showShape(a)} with ${showShape(b)}: axis ${i - rank} is ${p} on the left and ${q} on the right.`,
      "Make the two equal, or one of them 1.",
    );
  });
}

/** An axis counted from the front, whatever way it was given. */
export function normalizeAxis(where: string, axis: number, rank: number): number {
  const counted = Number.isInteger(axis) ? (axis < 0 ? axis + rank : axis) : -1;
  if (counted >= 0 && counted < rank) return counted;
  throw new GradsmithError(
    "shape",
    where,
    `axis ${described(axis)} does not exist in a tensor of rank ${rank}.`,
    `Use ${-rank} to ${rank - 1}.`,
  );
}

const isList = <T>(value: T | readonly T[]): value is readonly T[] => Array.isArray(value);

/** Distinct axes counted from the front, ascending; all of them when none are given. */
export function normalizeAxes(where: string, axes: number | readonly number[] | undefined, rank: number): number[] {
  const given = axes === undefined ? Array.from({ length: rank }, (_, i) => i) : isList(axes) ? axes : [axes];
  const counted = given.map((axis) => normalizeAxis(where, axis, rank)).sort((a, b) => a - b);
  const twice = counted.find((axis, i) => axis === counted[i + 1]);
  if (twice === undefined) return counted;
  throw new GradsmithError("shape", where, `axis ${twice} is named twice in [${given.join(", ")}].`, "Name each axis once.");
}

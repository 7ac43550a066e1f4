import type { TypedArray } from "../../core/dtype.ts";
import { GradsmithError } from "../../core/errors.ts";
import type { Shape } from "../../core/shape.ts";

/** NumPy's bound on axes. What is nested deeper has no end, or is no array of numbers. */
const mostAxes = 64;

/** Arrays of arrays of numbers, or just a number. */
export type NestedNumbers = number | NestedNumbers[];
/** What `tensor` takes: the same, read-only, with booleans too and typed arrays as innermost rows. */
export type Nested = number | boolean | TypedArray | readonly Nested[];

/** Row-major elements as arrays of arrays. */
export function nest(data: ArrayLike<number>, shape: Shape): NestedNumbers {
  let next = 0;
  const build = (axis: number): NestedNumbers =>
    axis === shape.length ? data[next++]! : Array.from({ length: shape[axis]! }, () => build(axis + 1));
  return build(0);
}

/** The shape of nested arrays, their elements row-major, and whether they are all booleans. */
export function unnest(nested: Nested): { shape: number[]; values: number[]; isBool: boolean } {
  const values: number[] = [];
  let isBool = true;
  const shape = shapeOf(nested);
  const visit = (item: Nested, axis: number): void => {
    if (typeof item === "number" || typeof item === "boolean") {
      if (axis !== shape.length) throw ragged(shape, axis);
      isBool &&= typeof item === "boolean";
      values.push(Number(item));
    } else {
      if (!isList(item))
        throw new GradsmithError("data", "tensor", `${String(item)} is not a number.`, "Give numbers, booleans, or nested arrays of them.");
      if (axis >= shape.length || item.length !== shape[axis]) throw ragged(shape, axis);
      for (const part of item) visit(part, axis + 1);
    }
  };
  visit(nested, 0);
  return { shape, values, isBool: isBool && values.length > 0 };
}

type List = readonly Nested[] | TypedArray;
const isList = (item: unknown): item is List => Array.isArray(item) || (ArrayBuffer.isView(item) && !(item instanceof DataView));

function shapeOf(nested: Nested): number[] {
  const shape: number[] = [];
  let item: Nested | undefined = nested;
  while (isList(item)) {
    shape.push(item.length);
    if (shape.length > mostAxes)
      throw new GradsmithError(
        "data",
        "tensor",
        `the arrays are nested more than ${mostAxes} deep, or contain themselves.`,
        "Give a tensor's axes as so many levels of arrays.",
      );
    item = item[0];
  }
  return shape;
}

const ragged = (shape: Shape, axis: number): GradsmithError =>
  new GradsmithError(
    "data",
    "tensor",
    `the nested arrays are ragged: along axis ${Math.min(axis, shape.length)} they don't all agree with the first, [${shape.join(", ")}].`,
    "Make rows equally long.",
  );

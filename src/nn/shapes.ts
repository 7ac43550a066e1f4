import type { Shape, TensorType } from "../core/shape.ts";
import { showShape } from "../core/shape.ts";
import { flatten, map, paths } from "../core/tree.ts";
import { isTensor } from "../runtime/trace.ts";
import type { Tensor } from "../tensor/tensor.ts";
import type { Shapes } from "./module.ts";

/** What a value looks like, in its structure: types where it has tensors. */
export type Types = TensorType | readonly Types[] | { readonly [name: string]: Types };

export const isType = (x: unknown): x is TensorType => typeof x === "object" && x !== null && "dtype" in x && "shape" in x && !isTensor(x);

/** The shapes of a value's tensors, in its structure. */
export const shapesOf = (value: unknown): Shapes => (isTensor(value) ? value.shape : (map(value, isTensor, ({ shape }) => shape) as Shapes));

export const typesOf = (value: unknown): Types => map(value, isTensor, ({ dtype, shape }) => ({ dtype, shape })) as Types;

/** The leaves of a value with their names in it: `""` for a tensor, `title` in a record, `0` in a list, `a/b` deeper. */
export function namedLeaves(value: unknown): readonly (readonly [name: string, leaf: Tensor])[] {
  const { leaves } = flatten(value, isTensor);
  const names = paths(value, isTensor).map((path) => path.replace(/\[(\d+)\]/g, ".$1").replace(/^\./, "").replaceAll(".", "/"));
  return leaves.map((leaf, i) => [names[i]!, leaf]);
}

/** The same of types. */
export function namedTypes(types: Types): readonly (readonly [name: string, type: TensorType])[] {
  const { leaves } = flatten(types, isType);
  const names = paths(types, isType).map((path) => path.replace(/\[(\d+)\]/g, ".$1").replace(/^\./, "").replaceAll(".", "/"));
  return leaves.map((leaf, i) => [names[i]!, leaf]);
}

/** `[2, 3]`, or `{ title: [2, 3], price: [2, 1] }`. */
export function showShapes(shapes: Shapes, show: (shape: Shape) => string = showShape): string {
  if (isShape(shapes)) return show(shapes);
  if (Array.isArray(shapes)) return `[${shapes.map((item) => showShapes(item as Shapes, show)).join(", ")}]`;
  return `{ ${Object.entries(shapes)
    .map(([name, item]) => `${name}: ${showShapes(item as Shapes, show)}`)
    .join(", ")} }`;
}

/** Whether something is one shape and not a tree of them. */
export const isShape = (shapes: unknown): shapes is Shape => Array.isArray(shapes) && shapes.every((size) => typeof size === "number");

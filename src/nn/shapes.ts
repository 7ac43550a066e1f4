import type { Shape, TensorType } from "../core/shape.ts";
import { showShape } from "../core/shape.ts";
import { map } from "../core/tree.ts";
import { isTensor } from "../runtime/trace.ts";
import type { Tensor } from "../tensor/tensor.ts";
import type { Shapes } from "./module.ts";

/** What a value looks like, in its structure: types where it has tensors. */
export type Types = TensorType | readonly Types[] | { readonly [name: string]: Types };

export const isType = (x: unknown): x is TensorType => typeof x === "object" && x !== null && "dtype" in x && "shape" in x && !isTensor(x);

/** The shapes of a value's tensors, in its structure. */
export const shapesOf = (value: unknown): Shapes =>
  isTensor(value) ? value.shape : (map(value, isTensor, ({ shape }) => shape) as Shapes);

export const typesOf = (value: unknown): Types => map(value, isTensor, ({ dtype, shape }) => ({ dtype, shape })) as Types;

/** The tensors of a value with their names in it, in the order of `flatten`: `""` for a tensor, `title` in a record, `0` in a list, `a/b` deeper. */
export const namedLeaves = (value: unknown): readonly Named<Tensor>[] => named(value, isTensor);

/** The same of types. */
export const namedTypes = (types: Types): readonly Named<TensorType>[] => named(types, isType);

type Named<Leaf> = readonly [name: string, leaf: Leaf];

function named<Leaf>(tree: unknown, isLeaf: (x: unknown) => x is Leaf, name = ""): Named<Leaf>[] {
  if (isLeaf(tree)) return [[name, tree]];
  const inside = (key: string): string => (name === "" ? key : `${name}/${key}`);
  if (Array.isArray(tree)) return tree.flatMap((item, i) => named(item, isLeaf, inside(String(i))));
  const record = (typeof tree === "object" && tree !== null ? tree : {}) as Readonly<Record<string, unknown>>;
  return Object.keys(record)
    .sort()
    .flatMap((key) => named(record[key], isLeaf, inside(key)));
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

import type { DType } from "../core/dtype.ts";
import type { Shape } from "../core/shape.ts";
import type { Movement, MovementSource, Node } from "../ir/graph.ts";
import { makeNode } from "../ir/graph.ts";
import type { Guard, Index } from "../ir/index.ts";
import { variablesOver } from "./access.ts";
import { elements } from "./pull.ts";

/** Elements of one node in other places: element `out` of the result is the one at `index`, or 0 where a guard fails. */
export function movedNode(
  name: string,
  input: Node,
  shape: Shape,
  source: (out: readonly Index[]) => { readonly index: readonly Index[]; readonly guards?: readonly Guard[] },
): Node {
  const type = { dtype: input.type.dtype, shape };
  const op: Movement = {
    name,
    kind: "movement",
    infer: () => type,
    source: (out) => ({ cases: [{ input: 0, guards: [], ...source(out) }], fill: 0 }),
  };
  return makeNode(op, [input], undefined, type);
}

/** A view of `node` of another shape: the element at `out` is the one at `place(out)`. A view of a view is one view of what lies below. */
export function moveOperand(node: Node, shape: Shape, place: (out: readonly Index[]) => readonly Index[]): Node {
  const { op, inputs, attributes } = node;
  if (op.kind !== "movement" || inputs.length !== 1) return movedNode("moved", node, shape, (out) => ({ index: place(out) }));
  const type = { dtype: node.type.dtype, shape };
  const below: Movement = { ...op, name: "moved", infer: () => type, source: (out, types) => op.source(place(out), types, attributes) };
  return makeNode(below, inputs, undefined, type);
}

/** Where a movement's elements come from over the variables of its shape. */
export const sourceOf = ({ type, inputs, attributes }: Node, op: Movement): MovementSource =>
  op.source(
    variablesOver(type.shape),
    inputs.map((input) => input.type),
    attributes,
  );

/**
 * Where a movement's elements come from over the variables of its shape, if one case says it and elements that come from nowhere are 0.
 * Guards are those that can fail.
 */
export function onlyCase(node: Node): MovementSource["cases"][number] | undefined {
  if (node.op.kind !== "movement") return undefined;
  const { cases, fill } = sourceOf(node, node.op);
  const [only] = cases;
  if (only === undefined || cases.length > 1) return undefined;
  const guards = only.guards.filter(({ index, min, max }) => index.min < min || index.max > max);
  return guards.length > 0 && fill !== 0 ? undefined : { ...only, guards };
}

/**
 * A node in another dtype, changed below the movements it ends in, as long as those leave out no elements: a contraction's operand stays a
 * view of memory (windows of a picture, say), and what is changed is changed once.
 */
export function belowMovements(node: Node, dtype: DType, change: (node: Node) => Node): Node {
  const [below] = node.inputs;
  const isMoved = onlyCase(node) !== undefined && elements(below!) <= elements(node);
  return isMoved ? makeNode(node.op, [belowMovements(below!, dtype, change)], node.attributes, { ...node.type, dtype }) : change(node);
}

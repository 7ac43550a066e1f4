import { isPulled } from "../compiler/access.ts";
import { elements, inlineCost } from "../compiler/pull.ts";
import { AttributeIds, keyOfOp } from "../compiler/simplify.ts";
import { bytesOf } from "../core/dtype.ts";
import { showType } from "../core/shape.ts";
import type { Node } from "../ir/graph.ts";
import { isGiven, topological } from "../ir/graph.ts";

/** Operations up to which an input is better computed inside a program, where only the elements that are used are computed. */
const cheapInput = 8;

/** Whether an input is left to be computed where it's used: little work, from memory that is no larger than its result. */
export function staysLazy(node: Node): boolean {
  if (isGiven(node)) return true;
  const nodes = topological([node]);
  if (!nodes.every((each) => isPulled(each) || isGiven(each))) return false;
  const leafBytes = nodes.filter(isGiven).reduce((sum, leaf) => sum + elements(leaf) * bytesOf(leaf.type.dtype), 0);
  return inlineCost(node, isGiven, new Map()) <= cheapInput && leafBytes <= elements(node) * bytesOf(node.type.dtype);
}

/** A graph as a function of the memory it begins with. */
export interface Inputs {
  /** Where it begins. */
  readonly given: readonly Node[];
  /** Equal text, equal function. */
  readonly text: string;
}

const ids = new AttributeIds();
const known = new WeakMap<Node, Inputs>();

/** What a lazy input is computed from, and how. */
export function inputsOf(node: Node): Inputs {
  if (isGiven(node)) return { given: [node], text: "" };
  const before = known.get(node);
  if (before !== undefined) return before;
  const inputs = { given: topological([node]).filter(isGiven), text: structureOf([node]) };
  known.set(node, inputs);
  return inputs;
}

/** Equal text, equal function of the memory that graphs begin with. */
export function structureOf(outputs: readonly Node[]): string {
  const place = new Map<Node, number>();
  const lines = topological(outputs).map((node, i) => {
    place.set(node, i);
    if (isGiven(node)) return `given ${showType(node.type)}`;
    return `${keyOfOp(node, ids)}|${node.inputs.map((input) => place.get(input)).join()}`;
  });
  return [...lines, outputs.map((node) => place.get(node)).join()].join("\n");
}

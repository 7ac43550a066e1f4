import { constant, registerType } from "../ir/expr.ts";
import type { Node } from "../ir/graph.ts";
import type { Index } from "../ir/index.ts";
import { flatten, scaleOf } from "../ir/index.ts";
import { variablesOver } from "./access.ts";
import { Pull } from "./pull.ts";

/** A part of memory whose elements are neighbours; with rows, each row's are, and row t begins at `start + t · step`. */
export interface Piece {
  readonly node: Node;
  readonly start: number;
  readonly step: number;
}

/** The piece of memory an operand is a plain view of; undefined if it's more than that. */
export function pieceOf(operand: Node, isMemory: (node: Node) => boolean, hasRows: boolean): Piece | undefined {
  const { shape } = operand.type;
  const found: { node: Node; index: Index }[] = [];
  const element = constant(0, registerType[operand.type.dtype]);
  const pull = new Pull((node, indices) => {
    if (!isMemory(node)) return undefined;
    found.push({ node, index: flatten(indices, node.type.shape) });
    return element;
  });
  const value = pull.value(operand, variablesOver(shape));
  const [only] = found;
  if (value !== element || only === undefined || found.length > 1) return undefined;
  const { node, index } = only;
  if (index.terms.some(({ atom }) => atom.kind !== "variable")) return undefined;
  let width = 1;
  for (let axis = shape.length - 1; axis >= (hasRows ? 1 : 0); axis--) {
    if (shape[axis]! > 1 && scaleOf(index, `d${axis}`) !== width) return undefined;
    width *= shape[axis]!;
  }
  return { node, start: index.constant, step: hasRows ? scaleOf(index, "d0")! : 0 };
}

import type { Contract, ContractAttributes, Node } from "../ir/graph.ts";
import { makeNode, topological } from "../ir/graph.ts";
import type { Index } from "../ir/index.ts";
import { keyOf, offset } from "../ir/index.ts";
import { rewrite } from "../ir/rewrite.ts";
import { variablesOver } from "./access.ts";
import { moveOperand, onlyCase } from "./movement.ts";
import { elements } from "./pull.ts";

/**
 * A piece of a contraction that nobody needs whole becomes a contraction of pieces of its operands. The gradient of a "same" convolution by
 * its input is cut out of that of the padded input: 100 places where 64 are needed, for images of 8x8.
 */
export function narrowContractions(roots: readonly Node[]): Node[] {
  const users = new Map<Node, number>();
  for (const node of [...topological(roots).flatMap((each) => each.inputs), ...roots]) users.set(node, (users.get(node) ?? 0) + 1);
  const isShared = new Set<Node>();
  return rewrite(roots, (node, before) => {
    if ((users.get(before) ?? 0) > 1) isShared.add(node);
    return narrowed(node, isShared) ?? node;
  });
}

function narrowed(piece: Node, isShared: ReadonlySet<Node>): Node | undefined {
  const [whole] = piece.inputs as readonly [Node];
  if (piece.op.kind !== "movement" || piece.inputs.length !== 1 || whole.op.kind !== "contract") return undefined;
  if (isShared.has(whole) || elements(piece) >= elements(whole)) return undefined;
  const shape = piece.type.shape;
  const out = variablesOver(shape);
  const only = onlyCase(piece);
  if (only === undefined || only.guards.length > 0) return undefined;
  const starts = only.index.map((index, axis) => startOf(index, out[axis]));
  if (shape.length !== whole.type.shape.length || !starts.every((start) => start !== undefined)) return undefined;
  const { left, right, output } = whole.attributes as ContractAttributes;
  const part = (letters: string, operand: Node): Node => {
    const sizes = [...letters].map((letter, axis) =>
      output.includes(letter) ? shape[output.indexOf(letter)]! : operand.type.shape[axis]!,
    );
    return moveOperand(operand, sizes, (at) => at.map((index, axis) => offset(index, starts[output.indexOf(letters[axis]!)] ?? 0)));
  };
  const operands = [part(left, whole.inputs[0]!), part(right, whole.inputs[1]!)];
  return makeNode((whole as Node<Contract>).op, operands, whole.attributes, piece.type);
}

/** Where a slice begins that goes along with the variable; undefined where it's more than a slice. */
const startOf = (index: Index, variable: Index | undefined): number | undefined =>
  variable !== undefined && keyOf(index) === keyOf(offset(variable, index.constant - variable.constant))
    ? index.constant - variable.constant
    : undefined;

import type { Node, Scan } from "../ir/graph.ts";
import { resultOf } from "../ir/scan.ts";
import { keepOperand } from "./keep-operand.ts";
import { pieceOf } from "./piece.ts";

/** Makes what a loop reads pieces of memory: neighbouring elements, with rows at equal distances. */
export function keepPieces(node: Node<Scan>, memory: Set<Node>): void {
  const { carries, rows } = resultOf(node).loop.body;
  for (const [i, operand] of node.inputs.entries()) {
    if (i < carries.length) continue;
    keepOperand(operand, memory);
    if (pieceOf(operand, (other) => memory.has(other), i < carries.length + rows.length) === undefined) memory.add(operand);
  }
}

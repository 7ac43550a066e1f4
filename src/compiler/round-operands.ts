import type { Node } from "../ir/graph.ts";
import { makeNode } from "../ir/graph.ts";
import { rewrite } from "../ir/rewrite.ts";
import { isScan } from "../ir/scan.ts";
import { castNode } from "../tensor/ops/record.ts";
import { belowMovements } from "./movement.ts";
import { LoopRewriter } from "./rewrite-scan.ts";

/**
 * The graph in mixed precision: every contraction of f32 takes its operands rounded to bf16 and sums their products in f32; all else stays as it
 * is. Applied to what was traced, gradients and all, so that only operands are rounded: a gradient reaches its parameter as the f32 it was summed in.
 */
export function roundOperands(roots: readonly Node[]): Node[] {
  const rounded = new Map<Node, Node>();
  let loops: LoopRewriter | undefined;
  const round = (node: Node): Node => {
    const known = rounded.get(node) ?? belowMovements(node, "bf16", (below) => castNode(below, "bf16"));
    rounded.set(node, known);
    return known;
  };
  const change = (node: Node): Node | undefined => {
    const { op, inputs, attributes, type } = node;
    if (isScan(node)) {
      loops ??= new LoopRewriter(change);
      return loops.result(node);
    }
    if (op.kind !== "contract" || !inputs.every((input) => input.type.dtype === "f32")) return undefined;
    return makeNode(op, inputs.map(round), attributes, type);
  };
  return rewrite(roots, change);
}

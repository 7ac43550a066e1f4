import type { Node } from "../ir/graph.ts";
import { makeNode } from "../ir/graph.ts";
import { rewrite } from "../ir/rewrite.ts";
import { castNode } from "../tensor/ops/record.ts";
import { belowMovements } from "./movement.ts";

/**
 * Afterwards no contraction to f32 reads two-byte floats: its operands are f32 that hold rounded values. Without an instruction that
 * multiplies two-byte floats, widening an element each time it is read costs more than the bytes it saves (one multiply-add takes two more
 * instructions), while widening it where it is rounded costs nothing.
 */
export const widenOperands = (roots: readonly Node[]): Node[] =>
  rewrite(roots, ({ op, inputs, attributes, type }) =>
    op.kind === "contract" && type.dtype === "f32" && inputs.some(isNarrow)
      ? makeNode(op, inputs.map(widened), attributes, type)
      : undefined,
  );

const isNarrow = ({ type }: Node): boolean => type.dtype === "bf16" || type.dtype === "f16";
const widened = (node: Node): Node => (isNarrow(node) ? belowMovements(node, "f32", (below) => castNode(below, "f32")) : node);

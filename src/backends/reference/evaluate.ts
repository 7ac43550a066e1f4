import type { Node, OpDef } from "../../ir/graph.ts";
import { topological } from "../../ir/graph.ts";
import { contract } from "./contract.ts";
import { elementwise } from "./elementwise.ts";
import { gather, scatter } from "./gather.ts";
import { movement } from "./movement.ts";
import { reduce } from "./reduce.ts";
import { shuffle } from "./shuffle.ts";
import { source } from "./source.ts";

/**
 * The values of `roots`, computed node by node as the ops' rows define them: floats in float64 without rounding to the dtype, integers wrapped
 * to theirs. Slow and independent of the compiler: what all backends are held to. `contentsOf` gives the contents of inputs and buffers.
 */
export function evaluateGraph(roots: readonly Node[], contentsOf: (source: Node) => ArrayLike<number>): Float64Array[] {
  const order = topological(roots);
  const uses = new Map<Node, number>();
  const count = (node: Node): number => uses.get(node) ?? 0;
  for (const node of [...order.flatMap((user) => user.inputs), ...roots]) uses.set(node, count(node) + 1);
  const values = new Map<Node, Float64Array>();
  for (const node of order) {
    const rule = rules[node.op.kind] as Rule<OpDef>;
    values.set(
      node,
      rule(
        node,
        node.inputs.map((input) => values.get(input)!),
        contentsOf,
      ),
    );
    for (const input of node.inputs) {
      uses.set(input, count(input) - 1);
      if (count(input) === 0) values.delete(input);
    }
  }
  return roots.map((root) => values.get(root)!);
}

type Rule<Op extends OpDef> = (
  node: Node<Op>,
  inputs: readonly Float64Array[],
  contentsOf: (source: Node) => ArrayLike<number>,
) => Float64Array;

const rules: { readonly [Kind in OpDef["kind"]]: Rule<Extract<OpDef, { readonly kind: Kind }>> } = {
  source: (node, _, contentsOf) => source(node, contentsOf),
  elementwise,
  reduce: (node, [x]) => reduce(node, x!),
  movement,
  contract: (node, [left, right]) => contract(node, left!, right!),
  gather: (node, [x, indices]) => gather(node, x!, indices!),
  scatter: (node, [updates, indices]) => scatter(node, updates!, indices!),
  shuffle: (_, [bits]) => shuffle(bits!),
};

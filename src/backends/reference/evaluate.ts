import type { Node, OpDef, Scan } from "../../ir/graph.ts";
import { topological } from "../../ir/graph.ts";
import { isSameRun, isScan } from "../../ir/scan.ts";
import { contract } from "./contract.ts";
import { elementwise } from "./elementwise.ts";
import { gather, scatter } from "./gather.ts";
import { movement } from "./movement.ts";
import { reduce } from "./reduce.ts";
import { runScan } from "./scan.ts";
import { shuffle } from "./shuffle.ts";
import { source } from "./source.ts";

/**
 * The values of `roots`, computed node by node as the ops' rows define them: floats in float64 without rounding to the dtype, integers wrapped
 * to theirs. Slow and independent of the compiler: what all backends are held to. `contentsOf` gives the contents of inputs and buffers.
 * Nodes in `known` are not computed.
 */
export function evaluateGraph(
  roots: readonly Node[],
  contentsOf: Contents,
  known: ReadonlyMap<Node, Float64Array> = new Map(),
): Float64Array[] {
  const order = topological(roots, new Set(known.keys())).filter((node) => !known.has(node));
  const uses = new Map<Node, number>();
  const count = (node: Node): number => uses.get(node) ?? 0;
  for (const node of [...order.flatMap((user) => user.inputs), ...roots]) uses.set(node, count(node) + 1);
  const values = new Map<Node, Float64Array>(known);
  const valuesOf = (nodes: readonly Node[]): Float64Array[] => nodes.map((node) => values.get(node)!);
  for (const node of order) {
    if (isScan(node)) {
      if (!values.has(node)) {
        const run = order.filter((other) => isSameRun(other, node)) as Node<Scan>[];
        const results = runScan(run, valuesOf(node.inputs), (nodes, slots) => evaluateGraph(nodes, contentsOf, slots));
        for (const [i, other] of run.entries()) values.set(other, results[i]!);
      }
    } else {
      const rule = rules[node.op.kind as keyof typeof rules] as Rule<OpDef>;
      values.set(node, rule(node, valuesOf(node.inputs), contentsOf));
    }
    for (const input of node.inputs) {
      uses.set(input, count(input) - 1);
      if (count(input) === 0 && !known.has(input)) values.delete(input);
    }
  }
  return valuesOf(roots);
}

type Contents = (source: Node) => ArrayLike<number>;
type Rule<Op extends OpDef> = (node: Node<Op>, inputs: readonly Float64Array[], contentsOf: Contents) => Float64Array;

const rules: { readonly [Kind in Exclude<OpDef["kind"], "scan">]: Rule<Extract<OpDef, { readonly kind: Kind }>> } = {
  source: (node, _, contentsOf) => source(node, contentsOf),
  elementwise,
  reduce: (node, [x]) => reduce(node, x!),
  movement,
  contract: (node, [left, right]) => contract(node, left!, right!),
  gather: (node, [x, indices]) => gather(node, x!, indices!),
  scatter: (node, [updates, indices]) => scatter(node, updates!, indices!),
  shuffle: (_, [bits]) => shuffle(bits!),
};

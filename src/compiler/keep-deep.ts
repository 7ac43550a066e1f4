import type { Node } from "../ir/graph.ts";
import { isJoined } from "./joined.ts";
import { scalarCost } from "./pull.ts";

/** Instructions on the longest way from memory to a value: whoever walks an expression calls itself for each, and a stack has an end. */
const mostDeep = 512;
/** Places that one value may come from, each of which is another comparison. */
const mostCases = 64;

/** Keeps values so that no expression is deeper, or chooses among more places, than can be printed. */
export function keepDeep(order: readonly Node[], memory: Set<Node>): void {
  const depths = new Map<Node, number>();
  const cases = new Map<Node, number>();
  for (const node of order) {
    const casesOf = (input: Node): number => (memory.has(input) ? 1 : (cases.get(input) ?? 1));
    let total = node.inputs.reduce((most, input) => Math.max(most, casesOf(input)), 1);
    if (isJoined(node)) {
      total = node.inputs.reduce((sum, input) => sum + casesOf(input), 0);
      if (total > mostCases) {
        for (const input of node.inputs) if (casesOf(input) > 1) memory.add(input);
        total = node.inputs.length;
      }
    }
    cases.set(node, total);
    const below = node.inputs.reduce((most, input) => Math.max(most, memory.has(input) ? 0 : depths.get(input)!), 0);
    const depth = below + Math.max(1, isJoined(node) ? node.inputs.length : scalarCost(node));
    if (depth > mostDeep && node.op.kind !== "source") memory.add(node);
    depths.set(node, depth);
  }
}

import type { Node } from "./graph.ts";
import { makeNode, topological } from "./graph.ts";

/** The node over other inputs of the same types; itself, if they are its own. */
export const withInputs = (node: Node, inputs: readonly Node[]): Node =>
  inputs.every((input, i) => input === node.inputs[i]) ? node : makeNode(node.op, inputs, node.attributes, node.type);

/**
 * The graph with `change` of each node in its place, called with the node over changed inputs and the node as it was, inputs first;
 * undefined changes nothing. What `replaced` knows already stays as it says there.
 */
export function rewrite(
  roots: readonly Node[],
  change: (node: Node, before: Node) => Node | undefined,
  replaced: Map<Node, Node> = new Map(),
): Node[] {
  for (const node of topological(roots, new Set(replaced.keys()))) {
    if (replaced.has(node)) continue;
    const inputs = node.inputs.map((input) => replaced.get(input)!);
    const rebuilt = withInputs(node, inputs);
    replaced.set(node, change(rebuilt, node) ?? rebuilt);
  }
  return roots.map((root) => replaced.get(root)!);
}

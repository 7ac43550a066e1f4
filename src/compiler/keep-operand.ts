import { constant, registerType } from "../ir/expr.ts";
import type { Node } from "../ir/graph.ts";
import { flatten, scaleOf } from "../ir/index.ts";
import { variablesOver } from "./access.ts";
import { onlyCase } from "./movement.ts";
import { Pull } from "./pull.ts";

/** Makes a contraction's operand a linear view of memory: unguarded movements over something that is there. */
export function keepOperand(operand: Node, memory: Set<Node>): void {
  let node = operand;
  while (!memory.has(node)) {
    const below = viewed(node);
    if (below === undefined) {
      memory.add(node);
      break;
    }
    node = below;
  }
  if (node !== operand && !isLinear(operand, node)) memory.add(operand);
}

/** The node a movement is an unguarded view of. */
function viewed(node: Node): Node | undefined {
  const only = onlyCase(node);
  return only?.guards.length === 0 ? node.inputs[only.input] : undefined;
}

function isLinear(view: Node, base: Node): boolean {
  const variables = variablesOver(view.type.shape);
  let linear = true;
  const pull = new Pull((node, indices) => {
    if (node !== base) return undefined;
    const flat = flatten(indices, base.type.shape);
    linear &&= variables.every((_, axis) => scaleOf(flat, `d${axis}`) !== undefined);
    return constant(0, registerType[base.type.dtype]);
  });
  pull.value(view, variables);
  return linear;
}

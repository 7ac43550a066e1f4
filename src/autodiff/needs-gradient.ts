import { isFloat } from "../core/dtype.ts";
import type { Node } from "../ir/graph.ts";
import { stopGradient } from "../tensor/ops/identity.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { dependencies } from "./backward.ts";

/** The arguments that functions being traced now are differentiated by, the outermost function's first. */
const active: ReadonlySet<Node>[] = [];

/** Runs a function that is differentiated by these nodes. */
export function differentiatedBy<T>(nodes: readonly Node[], body: () => T): T {
  active.push(new Set(nodes));
  try {
    return body();
  } finally {
    active.pop();
  }
}

/** Whether gradients would go to `x`: it depends on what is differentiated by just now, and not through `stopGradient`. */
export function needsGradient(x: Tensor): boolean {
  if (active.length === 0) return false;
  const seen = new Set<Node>();
  const open: Node[] = [x.node];
  while (open.length > 0) {
    const node = open.pop()!;
    if (seen.has(node) || !isFloat(node.type.dtype) || node.op === stopGradient) continue;
    if (active.some((nodes) => nodes.has(node))) return true;
    seen.add(node);
    open.push(...dependencies(node));
  }
  return false;
}

import type { Node } from "../ir/graph.ts";
import { isGiven, topological } from "../ir/graph.ts";
import { Tensor } from "../tensor/tensor.ts";

export const isTensor = (x: unknown): x is Tensor => x instanceof Tensor;

/** The memory a graph takes from outside besides its own slots: tensors its function closed over, and literals. */
export function capturedBy(outputs: readonly Node[], slots: ReadonlySet<Node>): Node[] {
  return topological(outputs).filter((node) => isGiven(node) && !slots.has(node));
}

import { isFloat } from "../core/dtype.ts";
import { type Shape, sameShape } from "../core/shape.ts";
import type { Node } from "../ir/graph.ts";
import { topological } from "../ir/graph.ts";
import { isSameRun } from "../ir/scan.ts";
import type { Row } from "../tensor/ops/define.ts";
import { Tensor } from "../tensor/tensor.ts";

/** The nodes a node's rule answers for. */
export const dependencies = (node: Node): readonly Node[] => {
  const row = node.op as Row;
  return ("gradientInputs" in row ? row.gradientInputs : undefined) ?? node.inputs;
};

/**
 * The gradients of `y` for some nodes, given that of `y` itself: one walk from `y` back, asking each op for its rule. Undefined where `y` does
 * not depend on a node. The rules record tensors, so gradients have gradients.
 */
export const backward = (y: Tensor, seed: Tensor, targets: readonly Node[]): (Tensor | undefined)[] =>
  backwardFrom([{ node: y.node, gradient: seed }], targets);

/** A node and the gradient of what is differentiated by it. */
export interface Seed {
  readonly node: Node;
  readonly gradient: Tensor;
}

/** The same for several results, whose gradients add up. */
export function backwardFrom(seeds: readonly Seed[], targets: readonly Node[]): (Tensor | undefined)[] {
  const wanted = new Set(targets);
  const order = pathsTo(
    seeds.map((seed) => seed.node),
    wanted,
  );
  const onPath = new Set(order);
  const gradients = new Map<Node, Tensor>();
  const give = (node: Node, gradient: Tensor): void => {
    const before = gradients.get(node);
    gradients.set(node, before === undefined ? gradient : before.add(gradient));
  };
  for (const { node, gradient } of seeds) give(node, gradient);
  for (const [place, node] of [...order.entries()].reverse()) {
    if (wanted.has(node)) continue;
    const inputs = dependencies(node);
    const given = gradientsOf(node, order, place, gradients);
    inputs.forEach((input, i) => {
      const gradient = given[i];
      if (gradient === null || gradient === undefined || !onPath.has(input)) return;
      give(input, unbroadcast(gradient, input.type.shape).cast(input.type.dtype));
    });
  }
  return targets.map((target) => gradients.get(target));
}

/** The gradients of a node's inputs; nothing before the last of a run's results is reached, then of all of them together. */
function gradientsOf(node: Node, order: readonly Node[], place: number, gradients: ReadonlyMap<Node, Tensor>): readonly (Tensor | null)[] {
  const row = node.op as Row;
  if (row.kind === "scan") {
    if (order.slice(0, place).some((other) => isSameRun(other, node))) return [];
    const results = [...gradients].filter(([other]) => isSameRun(other, node));
    return results.length === 0 ? [] : row.jointVjp(results.map(([other, gradient]) => ({ node: other, gradient })));
  }
  const g = gradients.get(node);
  if (g === undefined) return [];
  return row.vjp(
    g,
    dependencies(node).map((input) => new Tensor(input)),
    new Tensor(node),
    node.attributes,
  );
}

/** The float nodes between the targets and the roots, inputs first. */
function pathsTo(roots: readonly Node[], targets: ReadonlySet<Node>): Node[] {
  const leading = new Set<Node>();
  const below = (node: Node): Node[] => dependencies(node).filter(({ type }) => isFloat(type.dtype));
  for (const node of topological(roots, targets, below)) {
    if (targets.has(node) || below(node).some((input) => leading.has(input))) leading.add(node);
  }
  return [...leading];
}

/** Summed over the axes that were stretched, or stretched itself where a rule gave less than the shape. */
function unbroadcast(g: Tensor, shape: Shape): Tensor {
  if (sameShape(g.shape, shape)) return g;
  const added = g.rank - shape.length;
  if (added < 0) return unbroadcast(g.reshape([...new Array<number>(-added).fill(1), ...g.shape]), shape);
  const axes = g.shape.flatMap((size, axis) => (axis < added || (shape[axis - added] === 1 && size !== 1) ? [axis] : []));
  const summed = axes.length === 0 ? g : g.sum({ axes });
  const kept = g.shape.map((size, axis) => (axes.includes(axis) ? 1 : size)).slice(added);
  return summed.reshape(kept).broadcastTo(shape);
}

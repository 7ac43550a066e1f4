import { isFloat } from "../core/dtype.ts";
import { type Shape, sameShape } from "../core/shape.ts";
import type { Node } from "../ir/graph.ts";
import type { Row } from "../tensor/ops/define.ts";
import { Tensor } from "../tensor/tensor.ts";

/** The nodes a node's rule answers for. */
const dependencies = (node: Node): readonly Node[] => (node.op as Row).gradientInputs ?? node.inputs;

/**
 * The gradients of `y` for some nodes, given that of `y` itself: one walk from `y` back, asking each op for its rule. Undefined where `y` does
 * not depend on a node. The rules record tensors, so gradients have gradients.
 */
export function backward(y: Tensor, seed: Tensor, targets: readonly Node[]): (Tensor | undefined)[] {
  const wanted = new Set(targets);
  const order = pathsTo(y.node, wanted);
  const onPath = new Set(order);
  const gradients = new Map<Node, Tensor>([[y.node, seed]]);
  for (const node of order.reverse()) {
    const g = gradients.get(node);
    if (g === undefined || wanted.has(node)) continue;
    const inputs = dependencies(node);
    const given = (node.op as Row).vjp(
      g,
      inputs.map((input) => new Tensor(input)),
      new Tensor(node),
      node.attributes,
    );
    inputs.forEach((input, i) => {
      const gradient = given[i];
      if (gradient === null || gradient === undefined || !onPath.has(input)) return;
      const fitted = unbroadcast(gradient, input.type.shape).cast(input.type.dtype);
      const before = gradients.get(input);
      gradients.set(input, before === undefined ? fitted : before.add(fitted));
    });
  }
  return targets.map((target) => gradients.get(target));
}

/** The float nodes between the targets and `root`, inputs first. */
function pathsTo(root: Node, targets: ReadonlySet<Node>): Node[] {
  const order: Node[] = [];
  const leads = new Map<Node, boolean>();
  const stack: { readonly node: Node; next: number }[] = [{ node: root, next: 0 }];
  while (stack.length > 0) {
    const top = stack[stack.length - 1]!;
    const { node } = top;
    const inputs = targets.has(node) ? [] : dependencies(node);
    const input = inputs[top.next++];
    if (input !== undefined) {
      if (!leads.has(input)) {
        leads.set(input, false);
        if (isFloat(input.type.dtype)) stack.push({ node: input, next: 0 });
      }
      continue;
    }
    stack.pop();
    if (!targets.has(node) && !inputs.some((x) => leads.get(x))) continue;
    leads.set(node, true);
    order.push(node);
  }
  return order;
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

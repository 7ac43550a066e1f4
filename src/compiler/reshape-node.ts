import type { Shape } from "../core/shape.ts";
import { sameShape } from "../core/shape.ts";
import type { Movement, Node } from "../ir/graph.ts";
import { makeNode } from "../ir/graph.ts";
import { flatten, unflatten } from "../ir/index.ts";

const reshape: Movement = {
  name: "reshape",
  kind: "movement",
  infer: ([input], attributes) => ({ dtype: input!.dtype, shape: (attributes as { shape: Shape }).shape }),
  source: (out, [input], attributes) => ({
    cases: [{ input: 0, guards: [], index: unflatten(flatten(out, (attributes as { shape: Shape }).shape), input!.shape) }],
    fill: 0,
  }),
};

/** The node with its elements in another shape of the same size. */
export const reshapeNode = (node: Node, shape: Shape): Node =>
  sameShape(node.type.shape, shape) ? node : makeNode(reshape, [node], { shape });

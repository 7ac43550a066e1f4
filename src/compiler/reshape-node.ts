import type { Shape } from "../core/shape.ts";
import { sameShape } from "../core/shape.ts";
import type { Node } from "../ir/graph.ts";
import { makeNode } from "../ir/graph.ts";
import type { ShapeAttributes } from "../tensor/ops/movement.ts";
import { reshape } from "../tensor/ops/movement.ts";

/** The node with its elements in another shape of the same size. */
export const reshapeNode = (node: Node, shape: Shape): Node =>
  sameShape(node.type.shape, shape) ? node : makeNode(reshape, [node], { shape } satisfies ShapeAttributes);

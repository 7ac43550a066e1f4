import { sizeOf, stridesOf } from "../../core/shape.ts";
import type { FillAttributes, IotaAttributes, LiteralAttributes, Node, Source } from "../../ir/graph.ts";
import { given } from "./stored.ts";

/** A value from outside the graph: known here for literals, fills and iotas, else whatever `contentsOf` says. */
export function source(node: Node<Source>, contentsOf: (source: Node) => ArrayLike<number>): Float64Array {
  const { shape, dtype } = node.type;
  switch (node.op.from) {
    case "input":
    case "buffer":
      return Float64Array.from(contentsOf(node), (value) => given(value, dtype));
    case "literal":
      return Float64Array.from((node.attributes as LiteralAttributes).data, (value) => given(value, dtype));
    case "fill":
      return new Float64Array(sizeOf(shape)).fill(given((node.attributes as FillAttributes).value, dtype));
    case "iota": {
      const { axis } = node.attributes as IotaAttributes;
      const stride = stridesOf(shape)[axis]!;
      return Float64Array.from({ length: sizeOf(shape) }, (_, i) => given(Math.floor(i / stride) % shape[axis]!, dtype));
    }
  }
}

import { type Shape, sizeOf, stridesOf } from "../../core/shape.ts";
import { local, registerType } from "../../ir/expr.ts";
import type { Elementwise, Node } from "../../ir/graph.ts";
import { closure } from "./closure.ts";
import { offsets } from "./offsets.ts";
import { stored } from "./stored.ts";

/** Each output element from the input elements at the same place, inputs broadcast as in NumPy. */
export function elementwise(node: Node<Elementwise>, inputs: readonly Float64Array[]): Float64Array {
  const { shape, dtype } = node.type;
  const names = inputs.map((_, i) => `x${i}`);
  const args = node.inputs.map((input, i) => local(names[i]!, registerType[input.type.dtype]));
  const meaning = closure(node.op.scalar(args, node.attributes, node.type), names);
  const places = node.inputs.map((input) => offsets(shape, broadcastStrides(input.type.shape, shape)));
  const out = new Float64Array(sizeOf(shape));
  const values = new Float64Array(inputs.length);
  for (let i = 0; i < out.length; i++) {
    for (let k = 0; k < inputs.length; k++) values[k] = inputs[k]![places[k]![i]!]!;
    out[i] = stored(meaning(values), dtype);
  }
  return out;
}

/** Strides of `from` seen as `to`: aligned right, 0 where it is stretched. */
function broadcastStrides(from: Shape, to: Shape): number[] {
  const strides = stridesOf(from);
  const missing = to.length - from.length;
  return to.map((_, axis) => (axis < missing || from[axis - missing] === 1 ? 0 : strides[axis - missing]!));
}

import { sizeOf } from "../../core/shape.ts";
import type { Gather, GatherAttributes, Node, Scatter, ScatterAttributes } from "../../ir/graph.ts";
import { stored } from "./stored.ts";

/** `x` with `axis` replaced by the axes of `indices`, which are clamped to the axis. */
export function gather(node: Node<Gather>, x: Float64Array, indices: Float64Array): Float64Array {
  const { shape } = node.inputs[0]!.type;
  const { axis } = node.attributes as GatherAttributes;
  const size = shape[axis]!;
  const outer = sizeOf(shape.slice(0, axis));
  const inner = sizeOf(shape.slice(axis + 1));
  const out = new Float64Array(outer * indices.length * inner);
  let to = 0;
  for (let o = 0; o < outer; o++) {
    for (const index of indices) {
      const row = Math.max(0, Math.min(size - 1, index));
      for (let i = 0; i < inner; i++) out[to++] = x[(o * size + row) * inner + i]!;
    }
  }
  return out;
}

/** Zeros of shape [size, ...rest] with each update added at its index; updates outside are dropped. The adjoint of `gather`. */
export function scatter(node: Node<Scatter>, updates: Float64Array, indices: Float64Array): Float64Array {
  const { size } = node.attributes as ScatterAttributes;
  const { dtype } = node.type;
  const inner = sizeOf(node.type.shape.slice(1));
  const out = new Float64Array(size * inner);
  indices.forEach((row, k) => {
    if (row < 0 || row >= size) return;
    for (let i = 0; i < inner; i++) {
      const at = row * inner + i;
      out[at] = stored(out[at]! + updates[k * inner + i]!, dtype);
    }
  });
  return out;
}

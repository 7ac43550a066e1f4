import { type DType, isFloat } from "../../core/dtype.ts";
import { stridesOf } from "../../core/shape.ts";
import { meanings } from "../../ir/evaluate.ts";
import { registerType } from "../../ir/expr.ts";
import type { Node, Reduce, ReduceAttributes } from "../../ir/graph.ts";
import { offsets } from "./offsets.ts";
import { stored } from "./stored.ts";

/** What an empty reduction gives: 0, 1, and for `max` and `min` the lowest and highest value there is. */
export function identity(combine: Reduce["combine"], dtype: DType): number {
  if (combine === "add") return 0;
  if (combine === "mul") return 1;
  return extremes[dtype][combine === "max" ? 0 : 1];
}

const extremes: Readonly<Record<DType, readonly [low: number, high: number]>> = {
  f32: [-Infinity, Infinity],
  f64: [-Infinity, Infinity],
  f16: [-Infinity, Infinity],
  bf16: [-Infinity, Infinity],
  i32: [-2147483648, 2147483647],
  u32: [0, 4294967295],
  u8: [0, 255],
  bool: [0, 1],
};

/** Inputs combined over some axes, in row-major order. Sums of floats carry their rounding error along (Neumaier). */
export function reduce(node: Node<Reduce>, input: Float64Array): Float64Array {
  const { shape } = node.inputs[0]!.type;
  const { dtype } = node.type;
  const { axes } = node.attributes as ReduceAttributes;
  const strides = stridesOf(shape);
  const kept = shape.map((_, axis) => axis).filter((axis) => !axes.includes(axis));
  const pick = <T>(list: readonly T[], places: readonly number[]): T[] => places.map((i) => list[i]!);
  const starts = offsets(pick(shape, kept), pick(strides, kept));
  const within = offsets(pick(shape, axes), pick(strides, axes));
  const { combine } = node.op;
  if (combine === "add" && isFloat(dtype)) return Float64Array.from(starts, (start) => exactSum(input, start, within));
  const meaning = meanings[combine];
  const register = registerType[dtype];
  return Float64Array.from(starts, (start) => {
    let value = identity(combine, dtype);
    for (const step of within) value = meaning([value, input[start + step]!], register);
    return stored(value, dtype);
  });
}

function exactSum(input: Float64Array, start: number, within: Int32Array): number {
  let sum = 0;
  let error = 0;
  for (const step of within) {
    const x = input[start + step]!;
    const next = sum + x;
    error += Math.abs(sum) >= Math.abs(x) ? sum - next + x : x - next + sum;
    sum = next;
  }
  return Number.isFinite(sum) ? sum + error : sum;
}

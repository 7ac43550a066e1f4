import type { DType, TypedArray } from "../../core/dtype.ts";
import { bytesOf, viewOf } from "../../core/dtype.ts";
import { givenBytes } from "../../core/memory.ts";

/** A new array of these numbers as the dtype holds them; two-byte floats stay a Float32Array of values they can hold. */
export function toStored(values: ArrayLike<number>, dtype: DType): TypedArray {
  const change = changes[dtype];
  const kind = change === undefined || dtype === "bool" ? dtype : "f32";
  const stored = viewOf(kind, givenBytes(values.length * bytesOf(kind)));
  if (change === undefined) stored.set(values);
  else for (let i = 0; i < values.length; i++) stored[i] = change(values[i]!);
  return stored;
}

/** What conversion to the array's own type doesn't do. */
const changes: { readonly [D in DType]?: (value: number) => number } = {
  bool: (value) => (value === 0 ? 0 : 1),
  f16: (value) => toHalf(value),
  bf16: (value) => toBrain(value),
};

/** The nearest f16: 11 significant bits, steps of 2^-24 near zero, infinity from 65520. */
export function toHalf(value: number): number {
  const size = Math.abs(value);
  if (!(size < Infinity) || size === 0) return value;
  if (size >= 65520) return Math.sign(value) * Infinity;
  const step = size < 2 ** -14 ? 2 ** -24 : 2 ** (Math.floor(Math.log2(size)) - 10);
  return toEven(value / step) * step;
}

/** The nearest bf16: the upper half of an f32. */
export function toBrain(value: number): number {
  const bits = new Uint32Array(Float32Array.of(value).buffer);
  if (Number.isNaN(value)) return value;
  bits[0] = (bits[0]! + 0x7fff + ((bits[0]! >>> 16) & 1)) & 0xffff0000;
  return new Float32Array(bits.buffer)[0]!;
}

const toEven = (x: number): number => {
  const down = Math.floor(x);
  const rest = x - down;
  return rest < 0.5 || (rest === 0.5 && down % 2 === 0) ? down : down + 1;
};

import type { DType } from "./dtype.ts";
import { isFloat } from "./dtype.ts";
import { GradsmithError } from "./errors.ts";

type Integer = Exclude<DType, "f32" | "f64" | "f16" | "bf16">;

const ranges: Readonly<Record<Integer, readonly [lowest: number, highest: number]>> = {
  bool: [0, 1],
  u8: [0, 255],
  u32: [0, 4294967295],
  i32: [-2147483648, 2147483647],
};

/** Whether a dtype has this number among its values; a float has all of them, rounded. */
export function holds(dtype: DType, value: number): boolean {
  if (isFloat(dtype)) return true;
  const range = ranges[dtype as Integer];
  return Number.isInteger(value) && value >= range[0] && value <= range[1];
}

/**
 * A number as an element of a dtype, as `tensor`, `full`, `fill` and `pad` bring it in: floats round to the nearest, of integers the fraction is
 * dropped, and anything but 0 is true.
 *
 * @throws GradsmithError "data" for what an integer can't be.
 */
export function elementOf(where: string, value: number, dtype: DType): number {
  if (isFloat(dtype)) return roundings[dtype as Float](value);
  if (dtype === "bool") return value === 0 ? 0 : 1;
  const whole = Math.trunc(value);
  // Without the minus sign of a zero.
  if (holds(dtype, whole)) return whole + 0;
  const [lowest, highest] = ranges[dtype as Integer];
  throw new GradsmithError(
    "data",
    where,
    `${value} is no ${dtype}: those are the whole numbers from ${lowest} to ${highest}.`,
    "Use clip() before cast(), or another dtype.",
  );
}

type Float = Exclude<DType, Integer>;

const roundings: Readonly<Record<Float, (value: number) => number>> = {
  f64: (value) => value,
  f32: Math.fround,
  f16: toHalf,
  bf16: toBrain,
};

/** The nearest f16: 11 significant bits, steps of 2^-24 near zero, infinity from 65520. */
export function toHalf(value: number): number {
  const size = Math.abs(value);
  if (!(size < Infinity) || size === 0) return value;
  if (size >= 65520) return Math.sign(value) * Infinity;
  const step = size < 2 ** -14 ? 2 ** -24 : 2 ** (Math.floor(Math.log2(size)) - 10);
  return toEven(value / step) * step;
}

const toEven = (x: number): number => {
  const down = Math.floor(x);
  const rest = x - down;
  return rest < 0.5 || (rest === 0.5 && down % 2 === 0) ? down : down + 1;
};

/** The nearest bf16: the upper half of an f32. */
export function toBrain(value: number): number {
  if (Number.isNaN(value)) return value;
  const single = new Float32Array([value]);
  const bits = new Uint32Array(single.buffer);
  // The last bit of an f32 that isn't exact is set, so that what is halfway between two bf16 only after rounding doesn't count as halfway.
  if (single[0] !== value && (bits[0]! & 1) === 0 && single[0] !== 0 && Number.isFinite(single[0])) {
    bits[0] = bits[0]! + (Math.abs(value) > Math.abs(single[0]!) ? 1 : -1);
  }
  bits[0] = (bits[0]! + 0x7fff + ((bits[0]! >>> 16) & 1)) & 0xffff0000;
  return single[0]!;
}

import type { Basic, Convert, RegisterType } from "./expr.ts";
import { isFloating } from "./expr.ts";

/** What an instruction computes. `dtype` is the type of the result, which for all but comparisons is also that of the operands. */
export type Meaning = (args: readonly number[], dtype: RegisterType) => number;

/** A number as the type would hold it: integers wrap, bools are 0 or 1, floats are left in double precision. */
export function wrap(value: number, dtype: RegisterType): number {
  switch (dtype) {
    case "i32":
      return value | 0;
    case "u32":
      return value >>> 0;
    case "bool":
      return value === 0 ? 0 : 1;
    case "f32":
    case "f64":
      return value;
  }
}

export const isInteger = (dtype: RegisterType): boolean => dtype === "i32" || dtype === "u32";
const truth = (claim: boolean): number => (claim ? 1 : 0);
export const unary =
  (f: (x: number) => number): Meaning =>
  ([x], dtype) =>
    wrap(f(x!), dtype);
const binary =
  (f: (x: number, y: number) => number): Meaning =>
  ([x, y], dtype) =>
    wrap(f(x!, y!), dtype);
const comparison =
  (f: (x: number, y: number) => boolean): Meaning =>
  ([x, y]) =>
    truth(f(x!, y!));

/**
 * Every basic instruction on JavaScript numbers: the meaning all targets are held to. Floats are computed in double precision whatever their
 * type.
 */
export const basicMeanings: Readonly<Record<Basic, Meaning>> = {
  neg: unary((x) => -x),
  abs: unary(Math.abs),
  sqrt: unary(Math.sqrt),
  floor: unary(Math.floor),
  ceil: unary(Math.ceil),
  trunc: unary(Math.trunc),
  round: unary(roundToEven),
  not: ([x], dtype) => (dtype === "bool" ? truth(x === 0) : wrap(~x!, dtype)),
  add: binary((x, y) => x + y),
  sub: binary((x, y) => x - y),
  mul: ([x, y], dtype) => (isInteger(dtype) ? wrap(Math.imul(x!, y!), dtype) : wrap(x! * y!, dtype)),
  div: ([x, y], dtype) => (isInteger(dtype) && y === 0 ? 0 : wrap(x! / y!, dtype)),
  rem: ([x, y], dtype) => (isInteger(dtype) && y === 0 ? 0 : wrap(x! % y!, dtype)),
  min: binary(Math.min),
  max: binary(Math.max),
  less: comparison((x, y) => x < y),
  lessEqual: comparison((x, y) => x <= y),
  equal: comparison((x, y) => x === y),
  notEqual: comparison((x, y) => x !== y),
  and: binary((x, y) => x & y),
  or: binary((x, y) => x | y),
  xor: binary((x, y) => x ^ y),
  shl: binary((x, y) => x << y),
  shr: ([x, y], dtype) => (dtype === "u32" ? x! >>> y! : wrap(x! >> y!, dtype)),
  select: ([condition, x, y]) => (condition === 0 ? y! : x!),
  fma: ([x, y, z], dtype) => (isInteger(dtype) ? wrap(Math.imul(x!, y!) + z!, dtype) : wrap(x! * y! + z!, dtype)),
};

/** The nearest integer, the even one on a tie. Keeps the sign of zero. */
function roundToEven(x: number): number {
  const down = Math.floor(x);
  const rest = x - down;
  if (!(rest <= 0.5)) return Math.ceil(x);
  if (rest === 0) return x;
  return rest < 0.5 || down % 2 === 0 ? down : Math.ceil(x);
}

/** A value of type `from` as one of type `to`: float to integer truncates and saturates (NaN to 0), integer to integer wraps. */
export function castNumber(value: number, from: RegisterType, to: RegisterType): number {
  if (!isFloating(from) || !isInteger(to)) return wrap(value, to);
  const [low, high] = to === "i32" ? [-2147483648, 2147483647] : [0, 4294967295];
  return Number.isNaN(value) ? 0 : Math.max(low, Math.min(high, Math.trunc(value))) + 0;
}

const words = new DataView(new ArrayBuffer(4));
/** The same 32 bits read as another type. */
export function bitcastNumber(value: number, from: RegisterType, to: RegisterType): number {
  if (from === "f32") words.setFloat32(0, value);
  else words.setInt32(0, value);
  return to === "f32" ? words.getFloat32(0) : to === "u32" ? words.getUint32(0) : words.getInt32(0);
}

/** A value through a `cast` or `bitcast`. */
export const convertNumber = (convert: Convert, value: number): number =>
  convert.how === "cast" ? castNumber(value, convert.x.dtype, convert.dtype) : bitcastNumber(value, convert.x.dtype, convert.dtype);

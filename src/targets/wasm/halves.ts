import type { Expr } from "../../ir/expr.ts";
import { add, and, bitcast, constant, less, mul, notEqual, or, select, shl, shr, sub } from "../../ir/expr.ts";

/**
 * Two-byte floats in integer arithmetic: `bits` are u32 with the 16 stored bits below; `x` is f32. Arguments are used more than once, so
 * they should be names. Source: F. Giesen, "Half to float done quick" and "float_to_half_fast3_rtne".
 */
const word = (value: number): Expr => constant(value, "u32");
const asFloat = (bits: Expr): Expr => bitcast(bits, "f32");
const asBits = (x: Expr): Expr => bitcast(x, "u32");

/** f16 -> f32, exactly. */
export function widenF16(bits: Expr): Expr {
  const magnitude = shl(and(bits, word(0x7fff)), word(13));
  // Exponents are 112 apart; the product also normalises subnormals.
  const scaled = asBits(mul(asFloat(magnitude), constant(2 ** 112, "f32")));
  const special = less(word(0x0f7fffff), magnitude);
  const sign = shl(and(bits, word(0x8000)), word(16));
  return asFloat(or(or(scaled, select(special, word(0x7f800000), word(0))), sign));
}

/** f32 -> f16, to the nearest, even on a tie. */
export function narrowF16(x: Expr): Expr {
  const magnitude = and(asBits(x), word(0x7fffffff));
  const sign = and(shr(asBits(x), word(16)), word(0x8000));
  const special = select(less(word(0x7f800000), magnitude), word(0x7e00), word(0x7c00));
  // Adding 1/2 lets the float adder shift and round the mantissa to a subnormal's place.
  const subnormal = sub(asBits(add(asFloat(magnitude), constant(0.5, "f32"))), word(0x3f000000));
  const odd = and(shr(magnitude, word(13)), word(1));
  const normal = shr(add(add(magnitude, word((((15 - 127) << 23) + 0xfff) >>> 0)), odd), word(13));
  const finite = select(less(magnitude, word(113 << 23)), subnormal, normal);
  return or(select(less(magnitude, word((127 + 16) << 23)), finite, special), sign);
}

/** bf16 -> f32, exactly. */
export const widenBf16 = (bits: Expr): Expr => asFloat(shl(bits, word(16)));

/** f32 -> bf16, to the nearest, even on a tie. */
export function narrowBf16(x: Expr): Expr {
  const bits = asBits(x);
  const odd = and(shr(bits, word(16)), word(1));
  const rounded = shr(add(add(bits, word(0x7fff)), odd), word(16));
  return select(notEqual(x, x), or(shr(bits, word(16)), word(0x40)), rounded);
}

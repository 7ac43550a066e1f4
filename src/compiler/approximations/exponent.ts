import { add, and, bitcast, cast, constant, type Expr, fma, i32, less, like, mul, round, select, shl, shr, sub } from "../../ir/expr.ts";

/** 1.5·2^23. A float of at most 2^22 added to it is rounded to an integer, which then fills the low bits of the sum. */
const roundingShift = 12582912;

/** The integer nearest to `x · scale`, as a float and as i32. */
export interface Whole {
  readonly value: Expr;
  readonly bits: Expr;
}

/** In f32 for |x · scale| < 2^22, where `bits` has 1.5·2^23's bits above the integer's low 22; they vanish in the shifts and masks below. */
export function nearestInteger(x: Expr, scale: number): Whole {
  if (x.dtype === "f64") {
    const value = round(mul(x, like(x, scale)));
    return { value, bits: cast(value, "i32") };
  }
  const shifted = fma(x, like(x, scale), like(x, roundingShift));
  return { value: sub(shifted, like(x, roundingShift)), bits: bitcast(shifted, "i32") };
}

/** `y · 2^n`. In f32 by adding to the exponent: the result must be a normal number. In f64 anything, also below and above the range. */
export function scaleByPower(y: Expr, n: Expr): Expr {
  if (y.dtype === "f32") return bitcast(add(bitcast(y, "i32"), shl(n, i32(23))), "f32");
  const half = shr(n, i32(1));
  return mul(mul(y, moderatePower(half)), moderatePower(sub(n, half)));
}

/** `2^n` where that is a normal number. */
export function powerOfTwo(n: Expr, dtype: "f32" | "f64"): Expr {
  return dtype === "f32" ? bitcast(add(shl(n, i32(23)), i32(0x3f800000)), "f32") : scaleByPower(constant(1, "f64"), n);
}

/** `2^n` in f64 for |n| <= 1000, as `(2^(n div 8))^8 · 2^(n mod 8)`: registers have no 64-bit integers. */
function moderatePower(n: Expr): Expr {
  const coarse = cast(powerOfTwo(shr(n, i32(3)), "f32"), "f64");
  const square = mul(coarse, coarse);
  const fourth = mul(square, square);
  return mul(mul(fourth, fourth), cast(powerOfTwo(and(n, i32(7)), "f32"), "f64"));
}

/** A positive normal number as `mantissa · 2^exponent` with sqrt(1/2) <= mantissa < sqrt(2). f64 takes subnormals too. */
export interface Parts {
  readonly mantissa: Expr;
  /** An integer, in the type of the number. */
  readonly exponent: Expr;
}

export function decompose(x: Expr): Parts {
  if (x.dtype === "f32") {
    const exponent = exponentOf(x);
    const mantissa = bitcast(sub(bitcast(x, "i32"), shl(exponent, i32(23))), "f32");
    return { mantissa, exponent: cast(exponent, "f32") };
  }
  const moderate = rescale(x);
  const exponent = exponentOf(cast(moderate.mantissa, "f32"));
  const mantissa = mul(moderate.mantissa, cast(powerOfTwo(sub(i32(0), exponent), "f32"), "f64"));
  return { mantissa, exponent: add(moderate.exponent, cast(exponent, "f64")) };
}

/** From the bits of an f32, counted so that the mantissa begins at sqrt(1/2). */
const exponentOf = (x: Expr): Expr => shr(sub(bitcast(x, "i32"), i32(0x3f3504f3)), i32(23));

/** Any positive f64 brought within 2^-64 .. 2^64 by powers of two. */
function rescale(x: Expr): Parts {
  let parts: Parts = { mantissa: x, exponent: like(x, 0) };
  for (const step of [512, 256, 128, 64]) {
    const { mantissa, exponent } = parts;
    const [small, large] = [2 ** -step, 2 ** step];
    const isSmall = less(mantissa, like(x, small));
    const isLarge = less(like(x, large / 2), mantissa);
    const factor = select(isSmall, like(x, large), select(isLarge, like(x, small), like(x, 1)));
    const shift = select(isSmall, like(x, -step), select(isLarge, like(x, step), like(x, 0)));
    parts = { mantissa: mul(mantissa, factor), exponent: add(exponent, shift) };
  }
  return parts;
}

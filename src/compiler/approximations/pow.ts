import {
  abs,
  add,
  and,
  bitcast,
  cast,
  div,
  type Expr,
  equal,
  i32,
  isFloating,
  less,
  like,
  mul,
  neg,
  not,
  notEqual,
  or,
  select,
  sub,
  trunc,
  xor,
} from "../../ir/expr.ts";
import { expReduced } from "./exp.ts";
import { decompose, nearestInteger, scaleByPower } from "./exponent.ts";
import { integerPower } from "./integer-power.ts";
import type { Pair } from "./pair.ts";
import { type Float, floatOf, polynomial } from "./polynomial.ts";

interface Table {
  /** `(3·log((1+s)/(1-s))/(2s) - 3 - s²) / s⁴` as a polynomial in s², |s| <= 0.1716 (least squares; Remez). */
  readonly coefficients: readonly number[];
  /** 2/(3 ln 2) in two parts, the first with half a register's bits, and rounded. */
  readonly scale: readonly [high: number, low: number, rounded: number];
  /** Exponents are brought within this, where all results but those of 1 are 0 or infinite already. */
  readonly exponentLimit: number;
  /** Powers of two with exponents beyond these are 0 and infinite. */
  readonly range: readonly [lowest: number, highest: number];
}

const tables: Readonly<Record<Float, Table>> = {
  f32: {
    coefficients: [0.59999996, 0.4285796, 0.33269423, 0.29339194],
    scale: [0.96142578125, 0.0003709127, 0.9617967],
    exponentLimit: 2 ** 40,
    range: [-126, 128],
  },
  f64: {
    coefficients: [
      0.6, 0.4285714285714286, 0.33333333333332, 0.2727272727304, 0.23076923034, 0.200000037, 0.176468505, 0.1579713, 0.1411, 0.153,
    ],
    scale: [0.9617966860532761, 7.872699542894897e-9, 0.9617966939259756],
    exponentLimit: 2 ** 70,
    range: [-1075, 1024],
  },
};

/**
 * `x^y` as IEEE 754 says: 1 for y = 0 and for x = 1, NaN for negative x with fractional y. The logarithm is carried in twice the bits, as in
 * FreeBSD's msun (e_pow.c), without counting on fused multiply-add. Within 2 ulp in f32, where subnormals count as 0, and 4 ulp in f64.
 */
export function pow(x: Expr, y: Expr): Expr {
  if (!isFloating(x.dtype)) return integerPower(x, y);
  const [zero, one, infinity] = [like(x, 0), like(x, 1), like(x, Infinity)];
  const size = abs(x);
  const isWhole = equal(trunc(y), y);
  const half = mul(y, like(y, 0.5));
  const isOdd = and(isWhole, notEqual(trunc(half), half));
  const isZero = x.dtype === "f32" ? less(size, like(x, 2 ** -126)) : equal(size, zero);
  const isInfinite = equal(size, infinity);
  const finite = select(and(less(x, zero), not(isWhole)), like(x, Number.NaN), positivePower(size, y));
  const extreme = select(xor(isInfinite, less(y, zero)), infinity, zero);
  const known = select(
    or(isZero, isInfinite),
    extreme,
    select(equal(size, one), select(or(isWhole, equal(x, one)), one, like(x, Number.NaN)), finite),
  );
  const signed = negateWhere(isOdd, known, x);
  const withNaN = select(and(equal(x, x), equal(y, y)), signed, like(x, Number.NaN));
  return select(or(equal(y, zero), equal(x, one)), one, withNaN);
}

/** The result with its sign turned where the exponent is odd and x negative, -0 included. */
function negateWhere(isOdd: Expr, result: Expr, x: Expr): Expr {
  if (x.dtype === "f32") {
    const sign = and(bitcast(x, "i32"), i32(-2147483648));
    return bitcast(or(bitcast(result, "i32"), select(isOdd, sign, i32(0))), "f32");
  }
  const zero = like(x, 0);
  const isNegative = or(less(x, zero), less(div(like(x, 1), x), zero));
  return select(and(isOdd, isNegative), neg(result), result);
}

/** For normal finite x > 0, x not 1. */
function positivePower(x: Expr, y: Expr): Expr {
  const { exponentLimit, range } = tables[floatOf(x)];
  const above = select(less(y, like(y, -exponentLimit)), like(y, -exponentLimit), y);
  const exponent = select(less(like(y, exponentLimit), above), like(y, exponentLimit), above);
  const logarithm = log2(x);
  const y1 = truncated(exponent);
  const high = mul(y1, logarithm.high);
  const low = add(mul(sub(exponent, y1), logarithm.high), mul(exponent, logarithm.low));
  const z = add(high, low);
  const n = nearestInteger(z, 1);
  const rest = add(sub(high, n.value), low);
  const inRange = scaleByPower(expReduced(mul(rest, like(x, Math.LN2))), n.bits);
  const [lowest, highest] = range;
  // The largest numbers' logarithm rounds to the limit, from below.
  const isWithin = or(less(z, like(x, highest)), and(equal(z, like(x, highest)), less(rest, like(x, 0))));
  return select(less(z, like(x, lowest)), like(x, 0), select(isWithin, inRange, like(x, Infinity)));
}

/** log2 x = e + 2/(3 ln 2)·s·(3 + s² + s⁴·P(s²)) with s = (m-1)/(m+1); products of truncated parts are exact. */
function log2(x: Expr): Pair {
  const { coefficients, scale } = tables[floatOf(x)];
  const { mantissa, exponent } = decompose(x);
  const [one, three] = [like(x, 1), like(x, 3)];
  const f = sub(mantissa, one);
  const g = add(mantissa, one);
  const inverse = div(one, g);
  const s = mul(f, inverse);
  const sHigh = truncated(s);
  const gHigh = truncated(g);
  const gLow = sub(mantissa, sub(gHigh, one));
  const sLow = mul(inverse, sub(sub(f, mul(sHigh, gHigh)), mul(sHigh, gLow)));
  const z = mul(s, s);
  const series = add(mul(mul(z, z), polynomial(z, coefficients)), mul(sLow, add(sHigh, s)));
  const square = mul(sHigh, sHigh);
  const sumHigh = truncated(add(add(three, square), series));
  const sumLow = sub(series, sub(sub(sumHigh, three), square));
  const product = mul(sHigh, sumHigh);
  const productRest = add(mul(sLow, sumHigh), mul(sumLow, s));
  const pHigh = truncated(add(product, productRest));
  const pLow = sub(productRest, sub(pHigh, product));
  const [scaleHigh, scaleLow, scaleRounded] = scale;
  const zHigh = mul(pHigh, like(x, scaleHigh));
  const zLow = add(mul(pHigh, like(x, scaleLow)), mul(pLow, like(x, scaleRounded)));
  const high = truncated(add(add(zHigh, zLow), exponent));
  return { high, low: sub(zLow, sub(sub(high, exponent), zHigh)) };
}

/**
 * About the upper half of the bits: by a mask in f32, as an f32 in f64. Veltkamp's splitting is no exact one where a compiler contracts its
 * product and difference.
 */
function truncated(x: Expr): Expr {
  if (x.dtype === "f32") return bitcast(and(bitcast(x, "i32"), i32(-4096)), "f32");
  return cast(cast(x, "f32"), "f64");
}

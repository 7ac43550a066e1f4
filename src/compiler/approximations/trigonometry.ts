import { add, and, bitcast, type Expr, equal, fma, i32, less, like, mul, neg, notEqual, select, shl, sub, xor } from "../../ir/expr.ts";
import { nearestInteger } from "./exponent.ts";
import { type Float, floatOf, polynomial } from "./polynomial.ts";

interface Table {
  /** pi/2 in parts whose products with whole numbers up to 2^16 are exact, but for the last (Cody and Waite). */
  readonly halfPi: readonly number[];
  /** `(sin r - r) / r³` and `(cos r - 1 + r²/2) / r⁴` as polynomials in r² on |r| <= pi/4, minimax in the relative error (Remez). */
  readonly sin: readonly number[];
  readonly cos: readonly number[];
}

const tables: Readonly<Record<Float, Table>> = {
  f32: {
    halfPi: [1.5703125, 0.000457763671875, 2.5987625122070312e-5, 7.543712854385376e-8, 6.002665031701326e-11, 7.443547480486623e-13],
    sin: [-0.16666667, 0.008333379, -0.00019853066, 2.8325396e-6],
    cos: [0.041666646, -0.001388731, 2.4432327e-5],
  },
  f64: {
    halfPi: [1.5707963267341256, 6.077100506303966e-11, 2.0222662487959506e-21],
    sin: [-0.16666666666666666, 0.008333333333333323, -0.00019841269841255, 2.7557319214e-6, -2.505210488e-8, 1.6058362e-10, -7.5785e-13],
    cos: [0.041666666666666595, -0.0013888888888873, 2.4801587288825e-5, -2.7557314171e-7, 2.08756998e-9, -1.135848e-11],
  },
};

/** The sine, within 2 ulp for |x| <= 1e5 (4 in f64). Far beyond, where neighbouring floats are whole turns apart, some number within [-1, 1]. */
export function sin(x: Expr): Expr {
  return select(equal(x, like(x, 0)), x, quarterTurns(x, 0));
}

/** The cosine, as good as the sine. */
export const cos = (x: Expr): Expr => quarterTurns(x, 1);

/** sin(x + turns·pi/2), from the sine and the cosine of what is left of x after whole quarter turns. */
function quarterTurns(x: Expr, turns: number): Expr {
  const { r, quarter } = reduceByHalfPi(x);
  const { sin: s, cos: c } = tables[floatOf(x)];
  const z = mul(r, r);
  const sine = fma(mul(r, z), polynomial(z, s), r);
  const cosine = fma(mul(z, z), polynomial(z, c), fma(z, like(x, -0.5), like(x, 1)));
  const place = turns === 0 ? quarter : add(quarter, i32(turns));
  const isOdd = notEqual(and(place, i32(1)), i32(0));
  const size = select(isOdd, cosine, sine);
  const half = and(place, i32(2));
  if (x.dtype === "f64") return select(notEqual(half, i32(0)), neg(size), size);
  return bitcast(xor(bitcast(size, "i32"), shl(half, i32(30))), "f32");
}

function reduceByHalfPi(x: Expr): { readonly r: Expr; readonly quarter: Expr } {
  const n = nearestInteger(x, 2 / Math.PI);
  const minus = (y: Expr, part: number): Expr => fma(n.value, like(x, -part), y);
  const parts = tables[floatOf(x)].halfPi;
  const r = x.dtype === "f64" ? parts.reduce(minus, x) : exactDifference(x, parts, minus);
  return { r: within(r, 0.8), quarter: n.bits };
}

/** The first three differences are exact; what the fourth loses is added to the tiny rest, so that r is rounded once. */
function exactDifference(x: Expr, parts: readonly number[], minus: (y: Expr, part: number) => Expr): Expr {
  const before = parts.slice(0, 3).reduce(minus, x);
  const after = minus(before, parts[3]!);
  const lost = minus(sub(before, after), parts[3]!);
  return add(after, parts.slice(4).reduce(minus, lost));
}

/** A little more than pi/4, for n may be off near a tie; only numbers far beyond 1e5 are changed. NaN stays NaN. */
function within(r: Expr, limit: number): Expr {
  const above = select(less(r, like(r, -limit)), like(r, -limit), r);
  return select(less(like(r, limit), above), like(r, limit), above);
}

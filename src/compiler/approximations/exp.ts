import { type Expr, fma, less, like, mul, select } from "../../ir/expr.ts";
import { nearestInteger, scaleByPower, type Whole } from "./exponent.ts";
import { type Float, floatOf, polynomial } from "./polynomial.ts";

/** ln 2 in two parts; the first has so few bits that its products with whole numbers of the range of exponents are exact. */
export const ln2: Readonly<Record<Float, readonly [high: number, low: number]>> = {
  f32: [0.693145751953125, 1.428606765330187e-6],
  f64: [0.6931471803691238, 1.9082149292705877e-10],
};

interface Table {
  /** `(e^r - 1 - r) / r²` on |r| <= ln(2)/2, minimax for the relative error of `e^r - 1` (least squares with Lawson's weights; Remez). */
  readonly coefficients: readonly number[];
  /** Below the first the result is 0, above the second infinity. */
  readonly range: readonly [lowest: number, highest: number];
}

const tables: Readonly<Record<Float, Table>> = {
  f32: {
    coefficients: [0.49999997, 0.16666546, 0.041667435, 0.008366271, 0.0013870694],
    range: [-87.33654, 88.72283],
  },
  f64: {
    coefficients: [
      0.5, 0.16666666666666666, 0.0416666666666667, 0.0083333333333333, 0.001388888888887, 0.000198412698412, 2.4801587354e-5,
      2.755731936e-6, 2.7557248e-7, 2.505197e-8, 2.0923e-9, 1.61e-10,
    ],
    range: [-745.1332191019411, 709.782712893384],
  },
};

/** `x = n·ln 2 + r` with |r| <= ln(2)/2 and n whole. */
export function reduceByLn2(x: Expr): { readonly n: Whole; readonly r: Expr } {
  const n = nearestInteger(x, Math.LOG2E);
  return { n, r: minusLn2(x, n.value) };
}

/** `x - n·ln 2`. */
export function minusLn2(x: Expr, n: Expr): Expr {
  const [high, low] = ln2[floatOf(x)];
  return fma(n, like(x, -low), fma(n, like(x, -high), x));
}

/** `e^r` for |r| <= ln(2)/2. */
export function expReduced(r: Expr): Expr {
  return fma(fma(polynomial(r, tables[floatOf(r)].coefficients), r, like(r, 1)), r, like(r, 1));
}

/** `e^r - 1` for |r| <= ln(2)/2. */
export const expm1Reduced = (r: Expr): Expr => fma(polynomial(r, tables[floatOf(r)].coefficients), mul(r, r), r);

/** `e^x` for x whose result is a normal number. */
export function expWithin(x: Expr): Expr {
  const { n, r } = reduceByLn2(x);
  return scaleByPower(expReduced(r), n.bits);
}

/** `e^x`. Within 1.1 ulp in f32, where results below 1.18e-38 are flushed to 0; within 2 ulp in f64. */
export function exp(x: Expr): Expr {
  const [lowest, highest] = tables[floatOf(x)].range;
  const capped = select(less(like(x, highest), x), like(x, Infinity), expWithin(x));
  return select(less(x, like(x, lowest)), like(x, 0), capped);
}

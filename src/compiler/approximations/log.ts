import { add, div, type Expr, fma, less, lessEqual, like, mul, select, sub } from "../../ir/expr.ts";
import { ln2 } from "./exp.ts";
import { decompose } from "./exponent.ts";
import { floatOf, polynomial } from "./polynomial.ts";

/**
 * f32: `(log(1+f) - f + f²/2) / f³` on sqrt(1/2) <= 1+f < sqrt(2). f64: `(log((1+s)/(1-s))/s - 2) / s²` as a polynomial in s², |s| < 0.1716.
 * Minimax for the relative error of the logarithm (least squares with Lawson's weights; Remez).
 */
const coefficients = {
  f32: [0.3333333, -0.2500082, 0.20001243, -0.16623412, 0.14201544, -0.13159537, 0.12762427, -0.076368906],
  f64: [0.6666666666666666, 0.400000000000062, 0.2857142856909, 0.22222222647, 0.1818177567, 0.153870907, 0.1325012, 0.13251],
} as const;

/** The natural logarithm. Within 1 ulp in f32, which takes subnormals for 0, and 2 ulp in f64. */
export const log = (x: Expr): Expr => logWithCorrection(x, undefined);

/** `log(u) + correction`, the latter added among the small terms. */
export function logWithCorrection(u: Expr, correction: Expr | undefined): Expr {
  const { mantissa, exponent } = decompose(u);
  const f = sub(mantissa, like(u, 1));
  const [high, low] = ln2[floatOf(u)];
  const small = correction === undefined ? mul(exponent, like(u, low)) : fma(exponent, like(u, low), correction);
  const near = u.dtype === "f64" ? byQuotient(f, small) : byPolynomial(f, small);
  return withLimits(u, fma(exponent, like(u, high), near));
}

/** log(1 + f) + small = f + (-f²/2 + f³·P(f) + small). */
function byPolynomial(f: Expr, small: Expr): Expr {
  const square = mul(f, f);
  const cubic = fma(mul(f, square), polynomial(f, coefficients.f32), small);
  return add(f, fma(square, like(f, -0.5), cubic));
}

/** log(1 + f) = f - (f²/2 - s·(f²/2 + s²·P(s²))) with s = f/(2 + f), as in FreeBSD's msun. */
function byQuotient(f: Expr, small: Expr): Expr {
  const s = div(f, add(f, like(f, 2)));
  const z = mul(s, s);
  const half = mul(mul(f, f), like(f, 0.5));
  const rest = fma(s, fma(z, polynomial(z, coefficients.f64), half), small);
  return sub(f, sub(half, rest));
}

/** Infinity and NaN as they are, -infinity at 0, NaN below. */
function withLimits(x: Expr, y: Expr): Expr {
  const infinity = like(x, Infinity);
  const zero = like(x, 0);
  const isZero = x.dtype === "f32" ? less(x, like(x, 1.1754943508222875e-38)) : lessEqual(x, zero);
  return select(isZero, select(less(x, zero), like(x, Number.NaN), like(x, -Infinity)), select(less(x, infinity), y, x));
}

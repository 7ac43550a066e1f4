import { abs, add, div, type Expr, fma, less, like, mul, select, sub } from "../../ir/expr.ts";
import { nearestInteger, powerOfTwo } from "./exponent.ts";
import { floatOf, polynomial } from "./polynomial.ts";
import { withSignOf } from "./sign.ts";

/** `(tanh h - h) / h³` as a polynomial in h² on |h| <= 0.174, minimax for the relative error of tanh (least squares; Remez). */
const coefficients = {
  f32: [-0.33333322, 0.13331144, -0.052715894],
  f64: [
    -0.3333333333333333, 0.13333333333330374, -0.05396825395980965, 0.021869487392785873, -0.008863152652170053, 0.0035888201600881636,
    -0.0013870787431643084,
  ],
} as const;
/** From here on tanh rounds to 1. */
const saturation = { f32: 10, f64: 20 } as const;

/**
 * With |x| = n·ln(2)/2 + h, s = 2^n and w = tanh h, tanh |x| = ((s-1) + (s+1)·w) / ((s+1) + (s-1)·w): near 0 that is w alone, and nothing
 * cancels further out. Within 2 ulp in f32, 4 ulp in f64; -0 stays -0.
 */
export function tanh(x: Expr): Expr {
  const limit = like(x, saturation[floatOf(x)]);
  const size = abs(x);
  const bounded = select(less(limit, size), limit, size);
  const n = nearestInteger(bounded, 2 / Math.LN2);
  const h = reduced(bounded, n.value);
  const z = mul(h, h);
  const w = fma(mul(h, z), polynomial(z, coefficients[floatOf(x)]), h);
  const s = powerOfTwo(n.bits, floatOf(x));
  const [below, above] = [sub(s, like(x, 1)), add(s, like(x, 1))];
  return withSignOf(div(fma(above, w, below), fma(below, w, above)), x);
}

/** `x - n·ln(2)/2`. In f32 one constant is enough: where n > 1 blurs h, tanh hardly depends on it. */
function reduced(x: Expr, n: Expr): Expr {
  if (x.dtype === "f32") return fma(n, like(x, -0.34657359), x);
  return fma(n, like(x, -9.541074646352939e-11), fma(n, like(x, -0.3465735901845619), x));
}

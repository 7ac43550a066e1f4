import { abs, add, bitcast, div, type Expr, fma, i32, less, like, mul, select, shl, sub } from "../../ir/expr.ts";
import { minusLn2 } from "./exp.ts";
import { nearestInteger, powerOfTwo } from "./exponent.ts";
import { floatOf, polynomial } from "./polynomial.ts";
import { withSignOf } from "./sign.ts";

/** `(tanh h - h) / h³` as a polynomial in h² on |h| <= 0.556, minimax for the relative error of tanh (least squares; Remez). */
const coefficients = {
  f32: [-0.33333316, 0.13332538, -0.05384653, 0.021045368, -0.0062340205],
  f64: [
    -0.3333333333333333, 0.13333333333333, -0.05396825396799727, 0.021869488526206, -0.0088632353034706, 0.003592124747096,
    -0.0014558024041, 0.00058981410283, -0.0002381455726, 9.38104347e-5, -3.2760431e-5, 7.33127e-6,
  ],
} as const;
/** From here on tanh rounds to 1. */
const saturation = { f32: 10, f64: 20 } as const;

/**
 * With |x| = n·ln 2 + h, s = 4^n and w = tanh h: tanh |x| = 1 - 2(1-w) / ((s+1) + (s-1)·w), and w alone where n = 0. The n is chosen so that
 * this is up to |x| = 0.55, beyond which nothing cancels. Within 2 ulp in f32, 4 ulp in f64; -0 stays -0.
 */
export function tanh(x: Expr): Expr {
  const limit = like(x, saturation[floatOf(x)]);
  const size = abs(x);
  const bounded = select(less(limit, size), limit, size);
  const n = nearestInteger(sub(bounded, like(x, 0.208)), Math.LOG2E);
  const h = reduced(bounded, n.value);
  const z = mul(h, h);
  const w = fma(mul(h, z), polynomial(z, coefficients[floatOf(x)]), h);
  const s = powerOfFour(n.bits, x);
  const [one, minusTwo] = [like(x, 1), like(x, -2)];
  const distance = div(fma(w, minusTwo, like(x, 2)), fma(sub(s, one), w, add(s, one)));
  return withSignOf(select(less(size, like(x, 0.55)), w, sub(one, distance)), x);
}

/** `x - n·ln 2`. In f32 one constant is enough: where n > 1 blurs h, tanh hardly depends on it. */
function reduced(x: Expr, n: Expr): Expr {
  if (x.dtype === "f32") return fma(n, like(x, -Math.fround(Math.LN2)), x);
  return minusLn2(x, n);
}

function powerOfFour(n: Expr, x: Expr): Expr {
  if (x.dtype === "f64") return powerOfTwo(add(n, n), "f64");
  return bitcast(add(shl(n, i32(24)), i32(0x3f800000)), "f32");
}

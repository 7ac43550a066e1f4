import { abs, add, div, type Expr, fma, less, like, mul, neg, select, sub } from "../../ir/expr.ts";
import { expWithin } from "./exp.ts";
import { floatOf, polynomial } from "./polynomial.ts";
import { withSignOf } from "./sign.ts";

/**
 * `small`: `(erf(x) - x)/x` as a polynomial in x², up to 0.92 (f32) or 1 (f64). `tail` in f32: `log(erfc t)/t` for 0.91 <= t <= 4; in f64:
 * `erfc(t)·exp(t²)` as a polynomial in (t-2)/(t+2) for 1 <= t <= 6. Minimax for the relative error of erf (Remez).
 */
const tables = {
  f32: {
    small: [0.12837917, -0.3761263, 0.11283626, -0.02685573, 0.0051923925, -0.0008049515, 7.9950485e-5],
    tail: [-1.1285173, -0.6357085, -0.105274715, 0.022898186, -0.0032175097, 0.00021429358],
    border: 0.92,
    saturation: 4,
  },
  f64: {
    small: [
      0.1283791670955126, -0.3761263890318375, 0.11283791670954851, -0.026866170645071765, 0.00522397762476942, -0.000854832697805898,
      0.000120553310111037, -1.4925592867055e-5, 1.646096224997e-6, -1.63499101527e-7, 1.4657086473e-8, -1.13625283e-9, 5.9398402e-11,
    ],
    tail: [
      0.25539567631050575, -0.4271858474139584, 0.24165819424246673, -0.0789785810157495, 0.0037328924041164, 0.00699746174033,
      -0.000847143225188, -0.00098197697912, 4.35546656e-5, 0.0001743564963, 2.75325441e-5, -2.7485852e-5, -1.382963e-5, 9.29963e-7,
      2.19989e-6,
    ],
    border: 1,
    saturation: 6,
  },
} as const;

/** The error function, within 2 ulp in f32 and 4 ulp in f64. */
export function erf(x: Expr): Expr {
  const { small, border, saturation } = tables[floatOf(x)];
  const size = abs(x);
  const near = fma(x, polynomial(mul(x, x), small), x);
  const limit = like(x, saturation);
  const tail = complement(select(less(limit, size), limit, size));
  return select(less(size, like(x, border)), near, withSignOf(sub(like(x, 1), tail), x));
}

/** erfc(t) = 1 - erf(t), good enough to be taken from 1. */
function complement(t: Expr): Expr {
  if (t.dtype === "f32") return expWithin(mul(t, polynomial(t, tables.f32.tail)));
  const u = div(sub(t, like(t, 2)), add(t, like(t, 2)));
  return mul(expWithin(neg(mul(t, t))), polynomial(u, tables.f64.tail));
}

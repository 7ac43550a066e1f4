import type { Expr } from "../../ir/expr.ts";
import * as e from "../../ir/expr.ts";
import { unary } from "./define.ts";

/**
 * The inverse of erf by Giles' polynomials ("Approximating the erfinv function", 2010) in w = -log(1 - x²), highest power first: the same
 * that XLA uses, so that normal random numbers are JAX's. In double precision with as many digits as results show.
 */
const single = {
  center: [
    2.81022636e-8, 3.43273939e-7, -3.5233877e-6, -4.39150654e-6, 0.00021858087, -0.00125372503, -0.00417768164, 0.246640727, 1.50140941,
  ],
  tail: [
    -0.000200214257, 0.000100950558, 0.00134934322, -0.00367342844, 0.00573950773, -0.0076224613, 0.00943887047, 1.00167406, 2.83297682,
  ],
};
const double = {
  center: [
    -3.6444121e-21, -1.685059138e-19, 1.2858480715e-18, 1.1157877678e-17, -1.33317166285e-16, 2.097276788e-17, 6.63763813436e-15,
    -4.05456627298e-14, -8.1519341976e-14, 2.633509315308e-12, -1.297513325345e-11, -5.415412054295e-11, 1.0512122733215e-9,
    -4.112633980347e-9, -2.9070369957882e-8, 4.23478778279324e-7, -1.36546920008347e-6, -1.388252336278647e-5, 0.0001867342080340571,
    -0.000740702534166267, -0.006033670871430149, 0.24015818242558962, 1.6536545626831027,
  ],
  shoulder: [
    2.213738e-9, 9.0756562e-8, -2.75174063e-7, 1.8239629e-8, 1.502740397e-6, -4.013867527e-6, 2.923444909e-6, 1.24753044817e-5,
    -4.7318229009e-5, 6.82848514596e-5, 2.40311103871e-5, -0.0003550375203628, 0.0009532893797374, -0.0016882755560235, 0.00249144209610785,
    -0.00375120850756924, 0.00537091455359006, 1.0052589676941592, 3.0838856104922208,
  ],
  tail: [
    -2.710992e-11, -2.5556418e-10, 1.50765727e-9, -3.78946544e-9, 7.6157012e-9, -1.496002663e-8, 2.914795345e-8, -6.771199776e-8,
    2.2900482228e-7, -9.9298272942e-7, 4.52606259722e-6, -1.968177810553e-5, 7.599527703002e-5, -0.00021503011930044, -0.00013871931833623,
    1.0103004648645344, 4.849906401408584,
  ],
};

const polynomial = (x: Expr, coefficients: readonly number[]): Expr =>
  coefficients.slice(1).reduce<Expr>((value, c) => e.add(e.mul(value, x), e.like(x, c)), e.like(x, coefficients[0]!));

function scalar(x: Expr): Expr {
  const w = e.neg(e.log1p(e.neg(e.mul(x, x))));
  const at = (shift: number): Expr => e.sub(e.sqrt(w), e.like(x, shift));
  const factor =
    x.dtype === "f32"
      ? e.select(e.less(w, e.like(x, 5)), polynomial(e.sub(w, e.like(x, 2.5)), single.center), polynomial(at(3), single.tail))
      : e.select(
          e.less(w, e.like(x, 6.25)),
          polynomial(e.sub(w, e.like(x, 3.125)), double.center),
          e.select(e.less(w, e.like(x, 16)), polynomial(at(3.25), double.shoulder), polynomial(at(5), double.tail)),
        );
  const one = e.like(x, 1);
  return e.select(e.equal(e.abs(x), one), e.mul(x, e.like(x, Infinity)), e.mul(factor, x));
}

/** The x with erf(x) = the input; infinite at -1 and 1. */
export const erfinv = unary("erfinv", {
  scalar,
  vjp: (g, _x, y) =>
    g.mul(
      y
        .square()
        .exp()
        .mul(Math.sqrt(Math.PI) / 2),
    ),
});

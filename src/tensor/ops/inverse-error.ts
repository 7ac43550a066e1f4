import type { Expr } from "../../ir/expr.ts";
import * as e from "../../ir/expr.ts";
import { unary } from "./define.ts";

/**
 * The inverse of erf by Giles' polynomials ("Approximating the erfinv function", 2010) in w = -log(1 - x²), highest power first: the same
 * that XLA uses, so that normal random numbers are JAX's.
 */
const single = {
  center: [2.81022636e-8, 3.43273939e-7, -3.5233877e-6, -4.39150654e-6, 0.00021858087, -0.00125372503, -0.00417768164, 0.246640727, 1.50140941],
  tail: [-0.000200214257, 0.000100950558, 0.00134934322, -0.00367342844, 0.00573950773, -0.0076224613, 0.00943887047, 1.00167406, 2.83297682],
};
const double = {
  center: [
    -3.6444120640178196996e-21, -1.685059138182016589e-19, 1.2858480715256400167e-18, 1.115787767802518096e-17, -1.333171662854620906e-16,
    2.0972767875968561637e-17, 6.6376381343583238325e-15, -4.0545662729752068639e-14, -8.1519341976054721522e-14, 2.6335093153082322977e-12,
    -1.2975133253453532498e-11, -5.4154120542946279317e-11, 1.051212273321532285e-9, -4.1126339803469836976e-9, -2.9070369957882005086e-8,
    4.2347877827932403518e-7, -1.3654692000834678645e-6, -1.3882523362786468719e-5, 0.0001867342080340571352, -0.00074070253416626697512,
    -0.0060336708714301490533, 0.24015818242558961693, 1.6536545626831027356,
  ],
  shoulder: [
    2.2137376921775787049e-9, 9.0756561938885390979e-8, -2.7517406297064545428e-7, 1.8239629214389227755e-8, 1.5027403968909827627e-6,
    -4.013867526981545969e-6, 2.9234449089955446044e-6, 1.2475304481671778723e-5, -4.7318229009055733981e-5, 6.8284851459573175448e-5,
    2.4031110387097893999e-5, -0.0003550375203628474796, 0.00095328937973738049703, -0.0016882755560235047313, 0.0024914420961078508066,
    -0.0037512085075692412107, 0.005370914553590063617, 1.0052589676941592334, 3.0838856104922207635,
  ],
  tail: [
    -2.7109920616438573243e-11, -2.5556418169965252055e-10, 1.5076572693500548083e-9, -3.7894654401267369937e-9, 7.6157012080783393804e-9,
    -1.4960026627149240478e-8, 2.9147953450901080826e-8, -6.7711997758452339498e-8, 2.2900482228026654717e-7, -9.9298272942317002539e-7,
    4.5260625972231537039e-6, -1.9681778105531670567e-5, 7.5995277030017761139e-5, -0.00021503011930044477347, -0.00013871931833623122026,
    1.0103004648645343977, 4.8499064014085844221,
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
export const erfinv = unary("erfinv", { scalar, vjp: (g, _x, y) => g.mul(y.square().exp().mul(Math.sqrt(Math.PI) / 2)), domain: [-0.95, 0.95] });

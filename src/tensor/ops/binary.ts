import type { Expr } from "../../ir/expr.ts";
import * as e from "../../ir/expr.ts";
import type { Tensor } from "../tensor.ts";
import { binary } from "./define.ts";

export const add = binary("add", {
  scalar: e.add,
  vjp: (g) => [g, g],
});
export const sub = binary("sub", {
  scalar: e.sub,
  vjp: (g) => [g, g.neg()],
});
export const mul = binary("mul", {
  scalar: e.mul,
  vjp: (g, x, y) => [g.mul(y), g.mul(x)],
});
/** True division: of integers too. */
export const div = binary("div", {
  operands: "float",
  scalar: e.div,
  vjp: (g, _x, y, z) => [g.div(y), g.mul(z).div(y).neg()],
});

/** Whether a remainder that truncates must be moved by one divisor: it is not zero and has the other sign. */
const needsShift = (r: Expr, y: Expr): Expr => {
  const zero = e.like(r, 0);
  return e.and(e.notEqual(r, zero), e.notEqual(e.less(r, zero), e.less(y, zero)));
};

/** x - y·floor(x / y): the remainder with the divisor's sign, as in NumPy. */
export const mod = binary("mod", {
  scalar(x, y) {
    const r = e.rem(x, y);
    return x.dtype === "u32" ? r : e.select(needsShift(r, y), e.add(r, y), r);
  },
  vjp: (g, x, y) => [g, g.mul(x.floorDivide(y)).neg()],
});
/** floor(x / y), integers staying integers; an integer divided by 0 gives 0. Of floats what is left without `mod`, as in NumPy: 1 // 0.1 is 9. */
export const floorDivide = binary("floorDivide", {
  scalar(x, y) {
    if (e.isFloating(x.dtype)) {
      const remainder = e.rem(x, y);
      const quotient = e.div(e.sub(x, remainder), y);
      const below = e.select(needsShift(remainder, y), e.sub(quotient, e.like(x, 1)), quotient);
      return e.select(e.equal(y, e.like(y, 0)), e.div(x, y), e.round(below));
    }
    const quotient = e.div(x, y);
    return x.dtype === "u32" ? quotient : e.select(needsShift(e.rem(x, y), y), e.sub(quotient, e.like(x, 1)), quotient);
  },
  vjp: () => [null, null],
});

/** x^y. No gradient for x where y is 0, and none for y where x is 0, so that neither log(0) nor 1/0 gets in. */
export const pow = binary("pow", {
  scalar: e.pow,
  vjp(g, x, y, z) {
    const constantPower = y.equal(0);
    const dx = constantPower.where(0, y.mul(x.pow(constantPower.where(1, y.sub(1)))));
    const dy = z.mul(x.equal(0).where(1, x).log());
    return [g.mul(dx), g.mul(x.equal(0).where(0, dy))];
  },
});

/** On a tie each side gets half, as in JAX and PyTorch. */
const towards = (g: Tensor, wins: Tensor, ties: Tensor): Tensor => wins.where(g, ties.where(g.mul(0.5), 0));
export const maximum = binary("maximum", {
  scalar: e.max,
  vjp: (g, x, y) => [towards(g, x.greater(y), x.equal(y)), towards(g, y.greater(x), x.equal(y))],
});
export const minimum = binary("minimum", {
  scalar: e.min,
  vjp: (g, x, y) => [towards(g, x.less(y), x.equal(y)), towards(g, y.less(x), x.equal(y))],
});

/**
 * −t·log σ(z) − (1 − t)·log(1 − σ(z)) = |z|·(t where z < 0, else 1 − t) + log1p(exp(−|z|)) of a logit z and a target t. A row, since the gradient of
 * that composite would be wrong at 0 and its second derivative everywhere; what is certain and infinitely sure costs nothing.
 */
export const sigmoidCrossEntropy = binary("sigmoidCrossEntropy", {
  operands: "float",
  scalar(z, t) {
    const zero = e.like(z, 0);
    const size = e.abs(z);
    const missed = e.select(e.less(z, zero), t, e.sub(e.like(t, 1), t));
    const linear = e.select(e.equal(missed, zero), zero, e.mul(size, missed));
    return e.add(linear, e.log1p(e.exp(e.neg(size))));
  },
  vjp: (g, z, t) => [g.mul(z.sigmoid().sub(t)), g.mul(z.neg())],
});

export const equal = binary("equal", { operands: "comparison", scalar: e.equal });
export const notEqual = binary("notEqual", { operands: "comparison", scalar: e.notEqual });
export const less = binary("less", { operands: "comparison", scalar: e.less });
export const lessEqual = binary("lessEqual", { operands: "comparison", scalar: e.lessEqual });

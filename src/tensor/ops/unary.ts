import * as e from "../../ir/expr.ts";
import { unary } from "./define.ts";

export const neg = unary("neg", { operands: "arithmetic", scalar: e.neg, vjp: (g) => g.neg() });
/** The gradient at 0 is 0. */
export const abs = unary("abs", {
  operands: "arithmetic",
  scalar: (x) => (x.dtype === "u32" ? x : e.abs(x)),
  vjp: (g, x) => g.mul(x.sign()),
});
/** -1, 0 or 1; keeps the sign of zero, and NaN. */
export const sign = unary("sign", {
  operands: "arithmetic",
  scalar(x) {
    const positive = e.less(e.like(x, 0), x);
    if (x.dtype === "u32") return e.select(positive, e.like(x, 1), x);
    return e.select(positive, e.like(x, 1), e.select(e.less(x, e.like(x, 0)), e.like(x, -1), x));
  },
  vjp: () => null,
});
export const square = unary("square", {
  operands: "arithmetic",
  scalar: (x) => e.mul(x, x),
  vjp: (g, x) => g.mul(x.mul(2)),
});

export const floor = unary("floor", { scalar: e.floor, vjp: () => null });
export const ceil = unary("ceil", { scalar: e.ceil, vjp: () => null });
export const trunc = unary("trunc", { scalar: e.trunc, vjp: () => null });
/** To the nearest integer, the even one on a tie. */
export const round = unary("round", { scalar: e.round, vjp: () => null });

export const exp = unary("exp", { scalar: e.exp, vjp: (g, _x, y) => g.mul(y) });
export const expm1 = unary("expm1", { scalar: e.expm1, vjp: (g, _x, y) => g.mul(y.add(1)) });
export const log = unary("log", { scalar: e.log, vjp: (g, x) => g.div(x) });
export const log1p = unary("log1p", { scalar: e.log1p, vjp: (g, x) => g.div(x.add(1)) });
export const sqrt = unary("sqrt", { scalar: e.sqrt, vjp: (g, _x, y) => g.div(y.mul(2)) });
export const rsqrt = unary("rsqrt", {
  scalar: (x) => e.div(e.like(x, 1), e.sqrt(x)),
  vjp: (g, _x, y) => g.mul(y.square().mul(y).mul(-0.5)),
});
export const reciprocal = unary("reciprocal", {
  scalar: (x) => e.div(e.like(x, 1), x),
  vjp: (g, _x, y) => g.mul(y.square().neg()),
});

export const sin = unary("sin", { scalar: e.sin, vjp: (g, x) => g.mul(x.cos()) });
export const cos = unary("cos", { scalar: e.cos, vjp: (g, x) => g.mul(x.sin().neg()) });
export const tan = unary("tan", { scalar: e.tan, vjp: (g, _x, y) => g.mul(y.square().add(1)) });
export const tanh = unary("tanh", { scalar: e.tanh, vjp: (g, _x, y) => g.sub(g.mul(y.square())) });
export const erf = unary("erf", {
  scalar: e.erf,
  vjp: (g, x) =>
    g.mul(
      x
        .square()
        .neg()
        .exp()
        .mul(2 / Math.sqrt(Math.PI)),
    ),
});

/** 1 / (1 + exp(-x)); exact 0 and 1 far out, never NaN. The rule keeps only the output. */
export const sigmoid = unary("sigmoid", {
  scalar: (x) => e.div(e.like(x, 1), e.add(e.like(x, 1), e.exp(e.neg(x)))),
  vjp: (g, _x, y) => g.mul(y.sub(y.square())),
});
/** max(x, 0). The gradient at 0 is 0; the rule keeps only the output. */
export const relu = unary("relu", {
  operands: "arithmetic",
  scalar: (x) => (x.dtype === "u32" ? x : e.max(x, e.like(x, 0))),
  vjp: (g, _x, y) => y.greater(0).where(g, 0),
});
/** log(1 + exp(x)) = max(x, 0) + log1p(exp(-|x|)). A row, as the gradient of that composite would be wrong at 0, where networks begin. */
export const softplus = unary("softplus", {
  scalar: (x) => e.add(e.max(x, e.like(x, 0)), e.log1p(e.exp(e.neg(e.abs(x))))),
  vjp: (g, x) => g.mul(x.sigmoid()),
});

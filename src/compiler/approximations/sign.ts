import { and, bitcast, type Expr, i32, less, like, neg, or, select } from "../../ir/expr.ts";

/** The size of `size >= 0` with the sign of `x`, whose zeros are kept. */
export function withSignOf(size: Expr, x: Expr): Expr {
  if (x.dtype === "f64") return select(less(x, like(x, 0)), neg(size), select(less(like(x, 0), x), size, x));
  const sign = and(bitcast(x, "i32"), i32(-2147483648));
  return bitcast(or(bitcast(size, "i32"), sign), "f32");
}

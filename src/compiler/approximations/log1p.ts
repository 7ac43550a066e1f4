import { add, div, type Expr, equal, like, select, sub } from "../../ir/expr.ts";
import { logWithCorrection } from "./log.ts";

/** `log(1 + x)`: the logarithm of u = 1 + x, plus what rounding took from u, over u. Within 2 ulp, also near 0. */
export function log1p(x: Expr): Expr {
  const u = add(x, like(x, 1));
  const lost = sub(x, sub(u, like(x, 1)));
  return select(equal(x, like(x, 0)), x, logWithCorrection(u, div(lost, u)));
}

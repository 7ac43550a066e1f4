import { add, type Expr, equal, fma, i32, less, like, select, sub } from "../../ir/expr.ts";
import { expm1Reduced, reduceByLn2 } from "./exp.ts";
import { powerOfTwo } from "./exponent.ts";
import { floatOf } from "./polynomial.ts";

/** Beyond these `e^x - 1` is -1, or infinite. */
const limits = { f32: [-17.5, 89], f64: [-38, 710] } as const;

/**
 * `e^x - 1 = 2·(2^(n-1)·(e^r - 1) + (2^(n-1) - 1/2))`, halved so that 2^n can't overflow before the result does.
 * Within 2 ulp, also near 0.
 */
export function expm1(x: Expr): Expr {
  const [lowest, highest] = limits[floatOf(x)];
  const above = select(less(x, like(x, lowest)), like(x, lowest), x);
  const { n, r } = reduceByLn2(select(less(like(x, highest), above), like(x, highest), above));
  const scale = powerOfTwo(sub(n.bits, i32(1)), floatOf(x));
  const half = fma(scale, expm1Reduced(r), sub(scale, like(x, 0.5)));
  return select(equal(x, like(x, 0)), x, add(half, half));
}

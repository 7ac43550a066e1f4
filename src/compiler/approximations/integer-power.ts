import { and, constant, type Expr, equal, less, like, mul, notEqual, select, shr } from "../../ir/expr.ts";

/** `x^y` of integers by repeated squaring, wrapping; the truncated reciprocal for a negative exponent. */
export function integerPower(x: Expr, y: Expr): Expr {
  const one = like(x, 1);
  const zero = like(x, 0);
  const bit = (n: number): Expr => notEqual(and(shr(y, like(y, n)), like(y, 1)), constant(0, y.dtype));
  let result = select(bit(0), x, one);
  let square = x;
  for (let n = 1; n < 32; n++) {
    square = mul(square, square);
    result = select(bit(n), mul(result, square), result);
  }
  if (x.dtype === "u32") return result;
  const minusOne = like(x, -1);
  const reciprocal = select(equal(x, one), one, select(equal(x, minusOne), select(bit(0), minusOne, one), zero));
  return select(less(y, zero), reciprocal, result);
}

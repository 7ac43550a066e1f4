import { type Expr, fma, like } from "../../ir/expr.ts";

/** The float types a function is written for. Vectors are f32; f64 is always scalar. */
export type Float = "f32" | "f64";
export const floatOf = (x: Expr): Float => (x.dtype === "f64" ? "f64" : "f32");

/**
 * `c0 + c1·x + c2·x² + ...` by Horner's rule. Coefficients for f64 are written with as many digits as results show: rounding one changes none
 * by more than a 128th of its last place.
 */
export function polynomial(x: Expr, coefficients: readonly number[]): Expr {
  const last = coefficients.length - 1;
  return coefficients.slice(0, last).reduceRight((sum, c) => fma(sum, x, like(x, c)), like(x, coefficients[last]!));
}

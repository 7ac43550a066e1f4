import type { DType } from "../../src/core/dtype.ts";

/**
 * Errors of rows made of more than one rounding, in ulp. The functions alone are within 2 in f32 and 4 in f64; a row adds its own
 * arithmetic: a quotient of two of them, 1 / (1 + e^-x), a sum.
 */
export const bounds: Readonly<Record<string, Partial<Record<DType, number>>>> = {
  exp: { f32: 2, f64: 4 },
  expm1: { f32: 2, f64: 4 },
  log: { f32: 2, f64: 4 },
  log1p: { f32: 2, f64: 4 },
  sin: { f32: 2, f64: 2 },
  cos: { f32: 2, f64: 2 },
  tan: { f32: 2, f64: 2 },
  tanh: { f32: 2, f64: 4 },
  erf: { f32: 2, f64: 4 },
  pow: { f32: 2, f64: 4 },
  rsqrt: { f32: 1.5, f64: 1.5 },
  sigmoid: { f32: 4, f64: 6 },
  softplus: { f32: 4, f64: 6 },
  sigmoidCrossEntropy: { f32: 4, f64: 6 },
  // JAX's formula: w = -log(1 - x²) loses what rounding x² near 1 loses.
  erfinv: { f32: 128, f64: 128 },
};

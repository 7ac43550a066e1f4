import type { DType } from "../src/core/dtype.ts";

export interface Tolerance {
  readonly relative: number;
  readonly absolute: number;
}

/** The distance from 1 to the next number. Two-byte floats are computed in f32 and rounded when stored. */
const spacing: Readonly<Record<DType, number>> = {
  f32: 2 ** -23,
  f64: 2 ** -52,
  f16: 2 ** -10,
  bf16: 2 ** -7,
  i32: 0,
  u32: 0,
  u8: 0,
  bool: 0,
};

/**
 * How far a computed value of about unit size may lie from the exact one: 8 roundings, and those of a sum of `reductionLength` terms, whose
 * error grows with the square root of its length when terms have either sign and are added in several lanes. Integers are exact.
 */
export function tolerance(dtype: DType, reductionLength = 1): Tolerance {
  const roundings = 8 + 4 * Math.sqrt(reductionLength);
  const error = dtype === "f16" || dtype === "bf16" ? 2 * spacing[dtype] : 0;
  const relative = error + roundings * (error > 0 ? spacing.f32 : spacing[dtype]);
  return { relative, absolute: relative };
}

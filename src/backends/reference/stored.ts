import type { DType } from "../../core/dtype.ts";
import { registerType } from "../../ir/expr.ts";
import { wrap } from "../../ir/meanings.ts";

/** A computed value as memory holds it: integers wrap, `u8` modulo 256. Floats keep double precision: the reference is exact. */
export const stored = (value: number, dtype: DType): number => (dtype === "u8" ? value & 255 : wrap(value, registerType[dtype]));

/** A number given from outside as the dtype holds it: `0.1` in an f32 tensor is the nearest float. */
export const given = (value: number, dtype: DType): number =>
  dtype === "f32" || dtype === "f16" || dtype === "bf16" ? Math.fround(value) : stored(value, dtype);

import type { DType, TypedArray } from "../../core/dtype.ts";
import { bytesOf, isFloat, viewOf } from "../../core/dtype.ts";
import { givenBytes } from "../../core/memory.ts";
import { elementOf } from "../../core/number.ts";

/** A new array of these numbers as the dtype holds them (`elementOf`); two-byte floats stay a Float32Array of values they can hold. */
export function toStored(values: ArrayLike<number>, dtype: DType): TypedArray {
  const kind = isFloat(dtype) && dtype !== "f64" ? "f32" : dtype;
  const stored = viewOf(kind, givenBytes(values.length * bytesOf(kind)));
  if (kind === "f64" || dtype === "f32" || areWords(values, dtype)) stored.set(values);
  else for (let i = 0; i < values.length; i++) stored[i] = elementOf("tensor", values[i]!, dtype);
  return stored;
}

/** Integers from an array of integers keep their low bits, as `cast` has it, or are all in range. */
function areWords(values: ArrayLike<number>, dtype: DType): boolean {
  const isOfIntegers = ArrayBuffer.isView(values) && !(values instanceof Float32Array) && !(values instanceof Float64Array);
  return isOfIntegers && dtype !== "bool" && !isFloat(dtype);
}

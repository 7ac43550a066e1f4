import type { DType, TypedArray } from "../core/dtype.ts";
import { viewOf } from "../core/dtype.ts";
import { roomyBytes } from "../core/memory.ts";

/** Safetensors' spelling of each dtype. */
export const fileDTypes: Readonly<Record<DType, string>> = {
  f32: "F32",
  f64: "F64",
  f16: "F16",
  bf16: "BF16",
  i32: "I32",
  u32: "U32",
  u8: "U8",
  bool: "BOOL",
};

const byFileDType = new Map(Object.entries(fileDTypes).map(([dtype, spelt]) => [spelt, dtype as DType]));

export const knownFileDTypes: readonly string[] = [...byFileDType.keys()];
export const dtypeOfFile = (spelt: string): DType | undefined => byFileDType.get(spelt);

/** A fresh, aligned typed array with the same bytes. Two-byte floats stay bits, as `Uint16Array`. */
export function typedCopy(dtype: DType, bytes: Uint8Array): TypedArray {
  const copy = roomyBytes(bytes.byteLength);
  copy.set(bytes);
  return viewOf(dtype, copy);
}

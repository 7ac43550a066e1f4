import type { DType, TypedArray } from "../core/dtype.ts";

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

const arrays: Readonly<Record<DType, (buffer: ArrayBuffer) => TypedArray>> = {
  f32: (buffer) => new Float32Array(buffer),
  f64: (buffer) => new Float64Array(buffer),
  f16: (buffer) => new Uint16Array(buffer),
  bf16: (buffer) => new Uint16Array(buffer),
  i32: (buffer) => new Int32Array(buffer),
  u32: (buffer) => new Uint32Array(buffer),
  u8: (buffer) => new Uint8Array(buffer),
  bool: (buffer) => new Uint8Array(buffer),
};

/** A fresh, aligned typed array with the same bytes. Two-byte floats stay bits, as `Uint16Array`. */
export function typedCopy(dtype: DType, bytes: Uint8Array): TypedArray {
  const buffer = new ArrayBuffer(bytes.byteLength);
  new Uint8Array(buffer).set(bytes);
  return arrays[dtype](buffer);
}

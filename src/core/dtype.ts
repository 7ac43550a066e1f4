/** The element types of tensors. `f16` and `bf16` are stored in two bytes and computed in `f32`. */
export type DType = "f32" | "f64" | "f16" | "bf16" | "i32" | "u32" | "u8" | "bool";

/** What a typed array of each dtype looks like to JavaScript; two-byte floats are read as `Float32Array`. */
export type TypedArray = Float32Array | Float64Array | Int32Array | Uint32Array | Uint8Array | Uint16Array;

interface DTypeFacts {
  readonly bytes: number;
  /** What holds its elements as they are stored: two-byte floats as their bits. */
  readonly array: new (
    buffer: ArrayBuffer,
    byteOffset: number,
    length: number,
  ) => TypedArray;
  readonly isFloat: boolean;
  /** Rank in promotion: the result of two dtypes is the higher one. */
  readonly rank: number;
}

const facts: Readonly<Record<DType, DTypeFacts>> = {
  bool: { bytes: 1, array: Uint8Array, isFloat: false, rank: 0 },
  u8: { bytes: 1, array: Uint8Array, isFloat: false, rank: 1 },
  u32: { bytes: 4, array: Uint32Array, isFloat: false, rank: 2 },
  i32: { bytes: 4, array: Int32Array, isFloat: false, rank: 3 },
  bf16: { bytes: 2, array: Uint16Array, isFloat: true, rank: 4 },
  f16: { bytes: 2, array: Uint16Array, isFloat: true, rank: 5 },
  f32: { bytes: 4, array: Float32Array, isFloat: true, rank: 6 },
  f64: { bytes: 8, array: Float64Array, isFloat: true, rank: 7 },
};

/** All dtypes. */
export const dtypes = Object.keys(facts) as readonly DType[];
export const isDType = (name: unknown): name is DType => typeof name === "string" && Object.hasOwn(facts, name);
export const bytesOf = (dtype: DType): number => facts[dtype].bytes;
export const isFloat = (dtype: DType): boolean => facts[dtype].isFloat;

/** Elements as they are stored in a part of a buffer. */
export const viewOf = (dtype: DType, { buffer, byteOffset, byteLength }: ArrayBufferView): TypedArray =>
  new facts[dtype].array(buffer as ArrayBuffer, byteOffset, byteLength / facts[dtype].bytes);

/** Pairs neither of which holds all values of the other, and what does; the sum of an i64 in NumPy is a double here. */
const apart: readonly (readonly [a: DType, b: DType, common: DType])[] = [
  ["u32", "i32", "f64"],
  ["bf16", "f16", "f32"],
];

/**
 * The dtype in which values of several meet, in whatever order: the highest in bool < u8 < u32 < i32 < bf16 < f16 < f32 < f64. Where the highest
 * is one of a pair that don't hold each other's values, and the other is there too, it is their common one: u32 with i32 is f64, bf16 with f16 is f32.
 */
export function promote(first: DType, ...others: readonly DType[]): DType {
  const highest = others.reduce((a, b) => (facts[a].rank >= facts[b].rank ? a : b), first);
  const all = [first, ...others];
  const pair = apart.find(([a, b]) => b === highest && all.includes(a));
  return pair === undefined ? highest : pair[2];
}

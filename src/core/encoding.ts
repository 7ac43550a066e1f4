import type { DType, TypedArray } from "./dtype.ts";
import { bytesOf, dtypes, viewOf } from "./dtype.ts";
import { roomyBytes } from "./memory.ts";
import type { TensorType } from "./shape.ts";
import { sizeOf } from "./shape.ts";

/** Bytes that a tensor of this type takes. */
export const byteLengthOf = (type: TensorType): number => sizeOf(type.shape) * bytesOf(type.dtype);

/** Elements as they are stored. */
export function encoded(data: ArrayLike<number>, type: TensorType): Uint8Array {
  const bytes = roomyBytes(byteLengthOf(type));
  const view = viewOf(type.dtype, bytes);
  if (type.dtype === "f16" || type.dtype === "bf16") {
    const narrow = type.dtype === "f16" ? toHalf : toBrain;
    for (let i = 0; i < data.length; i++) view[i] = narrow(data[i]!);
  } else view.set(data);
  return bytes;
}

const scratch = new Uint8Array(64);
const scratchViews = Object.fromEntries(dtypes.map((dtype) => [dtype, viewOf(dtype, scratch)])) as Readonly<Record<DType, TypedArray>>;

/** The elements in bytes that belong to whoever reads them, two-byte floats widened. */
export function decode(bytes: Uint8Array, dtype: DType): TypedArray {
  const view = bytes.byteLength <= scratch.byteLength ? copied(bytes, dtype) : viewOf(dtype, bytes);
  if (dtype !== "f16" && dtype !== "bf16") return view;
  const widen = dtype === "f16" ? fromHalf : fromBrain;
  return Float32Array.from(view as Uint16Array, widen);
}

/** Another view of few bytes makes an engine move them out of its own heap first, which takes ten times as long as a copy. */
function copied(bytes: Uint8Array, dtype: DType): TypedArray {
  scratch.set(bytes);
  return scratchViews[dtype].slice(0, bytes.byteLength / bytesOf(dtype));
}

const float = new Float32Array(1);
const bits = new Uint32Array(float.buffer);

/** bfloat16 is the upper half of a float32, rounded to nearest even. */
function toBrain(value: number): number {
  float[0] = value;
  const word = bits[0]!;
  if (Number.isNaN(value)) return 0x7fc0;
  return ((word + 0x7fff + ((word >>> 16) & 1)) >>> 16) & 0xffff;
}
function fromBrain(half: number): number {
  bits[0] = half << 16;
  return float[0]!;
}

function toHalf(value: number): number {
  float[0] = value;
  const word = bits[0]!;
  const sign = (word >>> 16) & 0x8000;
  const magnitude = Math.abs(float[0]);
  if (Number.isNaN(value)) return 0x7e00;
  if (magnitude >= 65520) return sign | 0x7c00;
  if (magnitude < 2 ** -14) return sign | roundToEven(magnitude * 2 ** 24);
  const exponent = Math.floor(Math.log2(magnitude));
  return sign | (((exponent + 15) << 10) + roundToEven((magnitude / 2 ** exponent - 1) * 1024));
}
function fromHalf(half: number): number {
  const sign = half & 0x8000 ? -1 : 1;
  const exponent = (half >>> 10) & 31;
  const fraction = half & 1023;
  if (exponent === 31) return fraction === 0 ? sign * Infinity : NaN;
  return sign * (exponent === 0 ? fraction * 2 ** -24 : (1 + fraction / 1024) * 2 ** (exponent - 15));
}
function roundToEven(x: number): number {
  const floor = Math.floor(x);
  const rest = x - floor;
  return rest > 0.5 || (rest === 0.5 && floor % 2 === 1) ? floor + 1 : floor;
}

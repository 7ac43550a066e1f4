import type { DType, TypedArray } from "../core/dtype.ts";
import { GradsmithError } from "../core/errors.ts";
import { showShape } from "../core/shape.ts";

/** An array from an IDX file, the format of MNIST. */
export interface IdxArray {
  /** The type of its elements. */
  readonly dtype: DType;
  /** How long each axis is. */
  readonly shape: readonly number[];
  /** The elements, row-major. */
  readonly data: TypedArray;
}

interface IdxType {
  readonly dtype: DType;
  readonly bytes: number;
  readonly make: (length: number) => TypedArray;
  readonly read: (view: DataView, offset: number) => number;
}

/** By the third byte of the file. Signed bytes and 16-bit integers widen to `i32`. */
const types: Readonly<Record<number, IdxType>> = {
  8: { dtype: "u8", bytes: 1, make: (n) => new Uint8Array(n), read: (view, at) => view.getUint8(at) },
  9: { dtype: "i32", bytes: 1, make: (n) => new Int32Array(n), read: (view, at) => view.getInt8(at) },
  11: { dtype: "i32", bytes: 2, make: (n) => new Int32Array(n), read: (view, at) => view.getInt16(at) },
  12: { dtype: "i32", bytes: 4, make: (n) => new Int32Array(n), read: (view, at) => view.getInt32(at) },
  13: { dtype: "f32", bytes: 4, make: (n) => new Float32Array(n), read: (view, at) => view.getFloat32(at) },
  14: { dtype: "f64", bytes: 8, make: (n) => new Float64Array(n), read: (view, at) => view.getFloat64(at) },
};

/**
 * The array in the (unpacked) bytes of an IDX file, of which bytes are a part, not a copy; `where` names the file in errors.
 * Layout, big-endian: 0, 0, type, rank, then `rank` sizes of 4 bytes, then the values. Source: http://yann.lecun.com/exdb/mnist/.
 *
 * @throws GradsmithError "file" when the bytes are not exactly such an array. Nothing is allocated before the file proves long enough.
 */
export function parseIdx(bytes: Uint8Array, where: string): IdxArray {
  if (bytes.byteLength < 4) fail(where, `has ${bytes.byteLength} bytes, and an IDX file begins with 4 that say what it holds.`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes[0] === 0x1f && bytes[1] === 0x8b) fail(where, "is packed with gzip.", "Unpack it first.");
  if (view.getUint16(0) !== 0) fail(where, `begins with bytes ${bytes[0]}, ${bytes[1]}, where an IDX file has 0, 0.`);
  const type = types[bytes[2]!];
  if (type === undefined) fail(where, `has the element type 0x${bytes[2]!.toString(16).padStart(2, "0")}, which IDX does not define.`);
  const rank = bytes[3]!;
  const start = 4 + 4 * rank;
  if (bytes.byteLength < start) fail(where, `is cut off: its ${rank} sizes need ${start} bytes, and ${bytes.byteLength} are there.`);
  const shape = Array.from({ length: rank }, (_, axis) => view.getUint32(4 + 4 * axis));
  const present = bytes.byteLength - start;
  const needed = shape.reduce((product, size) => product * BigInt(size), BigInt(type.bytes));
  if (needed > BigInt(present)) fail(where, `is cut off: ${showShape(shape)} needs ${needed} bytes of values, and ${present} are there.`);
  if (needed < BigInt(present)) fail(where, `has ${BigInt(present) - needed} bytes after its last value.`);
  return { dtype: type.dtype, shape, data: readValues(type, view, start) };
}

function readValues(type: IdxType, view: DataView, start: number): TypedArray {
  if (type.dtype === "u8") return new Uint8Array(view.buffer, view.byteOffset + start, view.byteLength - start);
  const values = type.make((view.byteLength - start) / type.bytes);
  for (let i = 0; i < values.length; i++) values[i] = type.read(view, start + i * type.bytes);
  return values;
}

function fail(where: string, what: string, fix = "The file is damaged, or not an IDX file."): never {
  throw new GradsmithError("file", where, what, fix);
}

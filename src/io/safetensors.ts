import { bytesOf, type DType, type TypedArray, viewOf } from "../core/dtype.ts";
import { GradsmithError } from "../core/errors.ts";
import { roomyBytes } from "../core/memory.ts";
import { quotedName } from "../core/printable.ts";
import { showShape, sizeOf } from "../core/shape.ts";
import { fileDTypes, typedCopy } from "./safetensors-dtype.ts";
import type { TensorEntry } from "./safetensors-header.ts";
import { headerLength, lengthBytes, parseHeader, readHeader } from "./safetensors-header.ts";

/** One named tensor of a file. Two-byte floats are given as their bits, in a `Uint16Array` or as bytes. */
export interface FileTensor {
  /** The type of its elements. */
  readonly dtype: DType;
  /** How long each axis is. */
  readonly shape: readonly number[];
  /** The elements, row-major; two-byte floats as their bits. */
  readonly data: TypedArray;
}

/** What a safetensors file holds. */
export interface Safetensors {
  /** By name. */
  readonly tensors: Readonly<Record<string, FileTensor>>;
  /** Texts by name. */
  readonly metadata: Readonly<Record<string, string>>;
}

/**
 * The bytes of a safetensors file. `tensors` maps names to `{ dtype, shape, data }`; `metadata` is text to text.
 * The wider dtypes come first, then by name, as the format's own writer orders them, so that every tensor is aligned.
 *
 * @example encodeSafetensors({ w: { dtype: "f32", shape: [2], data: Float32Array.of(1, 2) } }, { by: "hand" })
 */
export function encodeSafetensors(
  tensors: Readonly<Record<string, FileTensor>>,
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array {
  const { names, header, byteLength } = safetensorsHeader(tensors, metadata);
  const bytes = new Uint8Array(byteLength);
  bytes.set(header);
  let offset = header.byteLength;
  for (const name of names) {
    const part = safetensorsPart(name, tensors[name]!);
    bytes.set(part, offset);
    offset += part.byteLength;
  }
  return bytes;
}

/** What a file begins with, and the order in which the tensors' bytes follow. */
export interface SafetensorsHeader {
  readonly header: Uint8Array;
  readonly names: readonly string[];
  /** Of the whole file. */
  readonly byteLength: number;
}

/** The beginning of a safetensors file, for files that are written part by part: `safetensorsPart` of each name follows, in order. */
export function safetensorsHeader(
  tensors: Readonly<Record<string, Omit<FileTensor, "data">>>,
  metadata: Readonly<Record<string, string>> = {},
): SafetensorsHeader {
  const names = Object.keys(tensors).sort(
    (a, b) => order.indexOf(tensors[b]!.dtype) - order.indexOf(tensors[a]!.dtype) || compareText(a, b),
  );
  if (names.includes("__metadata__"))
    throw new GradsmithError("data", "encodeSafetensors", 'a tensor can\'t be named "__metadata__".', "Rename it.");
  const entries: [string, unknown][] = Object.keys(metadata).length === 0 ? [] : [["__metadata__", metadata]];
  let end = 0;
  for (const name of names) {
    const { dtype, shape } = tensors[name]!;
    const begin = end;
    end += sizeOf(shape) * bytesOf(dtype);
    entries.push([name, { dtype: fileDTypes[dtype], shape, data_offsets: [begin, end] }]);
  }
  const text = new TextEncoder().encode(jsonObject(entries));
  const length = Math.ceil(text.byteLength / 8) * 8;
  const header = new Uint8Array(8 + length).fill(0x20);
  new DataView(header.buffer).setBigUint64(0, BigInt(length), true);
  header.set(text, 8);
  return { header, names, byteLength: header.byteLength + end };
}

/** A tensor's bytes in a file. */
export function safetensorsPart(name: string, { dtype, shape, data }: FileTensor): Uint8Array {
  const wanted = sizeOf(shape) * bytesOf(dtype);
  if (data.byteLength === wanted) return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  throw new GradsmithError(
    "data",
    "encodeSafetensors",
    `the tensor ${quotedName(name)} (${dtype}, ${showShape(shape)}) needs ${wanted} bytes, got ${data.byteLength}.`,
    "Give its shape and dtype as they are.",
  );
}

/**
 * Tensors and metadata from the bytes of a safetensors file; `where` names it in errors. Nothing the file says is believed before it is
 * checked, and nothing larger than the file is ever allocated.
 *
 * @throws GradsmithError "file" for a damaged, truncated or foreign file, or a dtype that Gradsmith does not have.
 */
export function decodeSafetensors(bytes: Uint8Array, where: string): Safetensors {
  const { entries, metadata, dataStart } = readHeader(bytes, where);
  const tensors: [string, FileTensor][] = entries.map((entry) => {
    const { name, dtype, shape, begin, end } = entry;
    const data = typedCopy(dtype, bytes.subarray(dataStart + begin, dataStart + end));
    checkValues(entry, data, where);
    return [name, { dtype, shape, data }];
  });
  return { tensors: Object.fromEntries(tensors), metadata };
}

function checkValues({ name, dtype }: TensorEntry, data: TypedArray, where: string): void {
  if (dtype === "bool" && data.some((value) => value > 1))
    throw new GradsmithError(
      "file",
      where,
      `holds the tensor ${quotedName(name)} as BOOL with a byte that is neither 0 nor 1.`,
      "The file is damaged.",
    );
}

/** Bytes of which parts are read. */
export interface ByteSource {
  readonly byteLength: number;
  /** Fills `target` with the bytes from a position on. */
  read(target: Uint8Array, position: number): Promise<void>;
}

/** As `decodeSafetensors`, a tensor at a time, each straight to where it stays: nothing is read before the header is found to be right. */
export async function readSafetensors(source: ByteSource, where: string): Promise<Safetensors> {
  const read = async (begin: number, end: number): Promise<Uint8Array<ArrayBuffer>> => {
    const bytes = roomyBytes(end - begin);
    if (end > begin) await source.read(bytes, begin);
    return bytes;
  };
  const length = headerLength(await read(0, Math.min(lengthBytes, source.byteLength)), source.byteLength, where);
  const { entries, metadata, dataStart } = parseHeader(await read(lengthBytes, lengthBytes + length), source.byteLength, where);
  const tensors: [string, FileTensor][] = [];
  for (const entry of entries) {
    const { name, dtype, shape, begin, end } = entry;
    const data = viewOf(dtype, await read(dataStart + begin, dataStart + end));
    checkValues(entry, data, where);
    tensors.push([name, { dtype, shape, data }]);
  }
  return { tensors: Object.fromEntries(tensors), metadata };
}

/** How the format's writer ranks dtypes: the last come first in the file. */
const order: readonly DType[] = ["bool", "u8", "f16", "bf16", "i32", "u32", "f32", "f64"];

/** By code points, as UTF-8 bytes compare; JavaScript's own order is by UTF-16 units. */
function compareText(a: string, b: string): number {
  const left = Array.from(a, (character) => character.codePointAt(0)!);
  const right = Array.from(b, (character) => character.codePointAt(0)!);
  const i = left.findIndex((code, at) => code !== right[at]);
  return i < 0 ? left.length - right.length : left[i]! - (right[i] ?? -1);
}

/** Written entry by entry, because an object would put names that look like numbers first. */
const jsonObject = (entries: readonly [string, unknown][]): string =>
  `{${entries.map(([key, value]) => `${JSON.stringify(key)}:${JSON.stringify(value)}`).join(",")}}`;

import { bytesOf, type DType } from "../core/dtype.ts";
import { GradsmithError } from "../core/errors.ts";
import { showShape } from "../core/shape.ts";
import { duplicateKey } from "./duplicate-key.ts";
import { dtypeOfFile, knownFileDTypes } from "./safetensors-dtype.ts";

/** One tensor as a header describes it: its bytes are `data[begin, end)`, counted from the end of the header. */
export interface TensorEntry {
  readonly name: string;
  readonly dtype: DType;
  readonly shape: readonly number[];
  readonly begin: number;
  readonly end: number;
}

export interface SafetensorsHeader {
  readonly entries: readonly TensorEntry[];
  readonly metadata: Readonly<Record<string, string>>;
  /** Where the tensors' bytes begin in the file. */
  readonly dataStart: number;
}

/** What the format's own reader allows. */
const longestHeader = 100_000_000;
const lengthBytes = 8;

/**
 * The header of a safetensors file, with every claim it makes checked against the bytes that are there.
 * Source: the format's specification, https://huggingface.co/docs/safetensors.
 */
export function readHeader(bytes: Uint8Array, where: string): SafetensorsHeader {
  const length = headerLength(bytes, where);
  const dataStart = lengthBytes + length;
  const header = parseJson(bytes.subarray(lengthBytes, dataStart), where);
  const metadata = readMetadata(header["__metadata__"], where);
  const entries = Object.keys(header)
    .filter((name) => name !== "__metadata__")
    .map((name) => readEntry(name, header[name], where))
    .sort((a, b) => a.begin - b.begin || a.end - b.end);
  checkTiling(entries, bytes.byteLength - dataStart, where);
  return { entries, metadata, dataStart };
}

function headerLength(bytes: Uint8Array, where: string): number {
  if (bytes.byteLength < lengthBytes)
    fail(where, `has ${bytes.byteLength} bytes, and a safetensors file begins with 8 that say how long its header is.`);
  const length = new DataView(bytes.buffer, bytes.byteOffset, lengthBytes).getBigUint64(0, true);
  if (length > BigInt(longestHeader)) fail(where, `says its header has ${length} bytes; at most ${longestHeader} are allowed.`);
  const present = bytes.byteLength - lengthBytes;
  if (length > BigInt(present)) fail(where, `says its header has ${length} bytes, but only ${present} follow.`);
  return Number(length);
}

function parseJson(bytes: Uint8Array, where: string): Record<string, unknown> {
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    fail(where, "has a header that is not UTF-8 text.");
  }
  let value: unknown;
  try {
    value = text.startsWith("{") ? JSON.parse(text) : undefined;
  } catch {
    value = undefined;
  }
  if (!isRecord(value)) fail(where, "has a header that is not a JSON object.");
  const twice = duplicateKey(text);
  if (twice !== undefined) fail(where, `has a header that names "${twice}" twice.`);
  return value;
}

function readMetadata(value: unknown, where: string): Record<string, string> {
  if (value === undefined) return {};
  if (!isRecord(value)) fail(where, "has a __metadata__ that is not an object of strings.");
  for (const [key, entry] of Object.entries(value)) {
    if (typeof entry !== "string") fail(where, `has a __metadata__ whose "${key}" is not a string.`);
  }
  return value as Record<string, string>;
}

function readEntry(name: string, value: unknown, where: string): TensorEntry {
  if (!isRecord(value)) fail(where, `describes the tensor "${name}" with something that is not an object.`);
  const { dtype: spelt, shape, data_offsets: offsets } = value;
  const dtype = typeof spelt === "string" ? dtypeOfFile(spelt) : undefined;
  if (dtype === undefined) {
    fail(
      where,
      `holds the tensor "${name}" as dtype ${JSON.stringify(spelt)}; readable are ${knownFileDTypes.join(", ")}.`,
      "Convert it where it was written.",
    );
  }
  if (!isSizes(shape)) fail(where, `gives the tensor "${name}" a shape that is not a list of whole numbers >= 0.`);
  if (!isSizes(offsets) || offsets.length !== 2)
    fail(where, `gives the tensor "${name}" data_offsets that are not two whole numbers >= 0.`);
  const [begin, end] = offsets as [number, number];
  if (end < begin) fail(where, `gives the tensor "${name}" data_offsets that end (${end}) before they begin (${begin}).`);
  const wanted = byteLengthOf(shape, dtype);
  if (wanted === undefined) fail(where, `gives the tensor "${name}" the shape ${showShape(shape)}, more bytes than can be counted.`);
  if (wanted !== end - begin)
    fail(where, `gives the tensor "${name}" (${spelt}, ${showShape(shape)}) ${end - begin} bytes; it needs ${wanted}.`);
  return { name, dtype, shape, begin, end };
}

/** Bytes of a tensor, or `undefined` past 2^53, where JavaScript can't count exactly. */
function byteLengthOf(shape: readonly number[], dtype: DType): number | undefined {
  if (shape.includes(0)) return 0;
  let bytes = bytesOf(dtype);
  for (const size of shape) {
    bytes *= size;
    if (!Number.isSafeInteger(bytes)) return undefined;
  }
  return bytes;
}

/** The tensors must cover the data exactly: no hole, no overlap, nothing after the last. */
function checkTiling(entries: readonly TensorEntry[], available: number, where: string): void {
  let reached = 0;
  for (const { name, begin, end } of entries) {
    if (begin < reached) fail(where, `has the tensor "${name}" begin at byte ${begin}, inside the one before, which ends at ${reached}.`);
    if (begin > reached) fail(where, `leaves a hole of ${begin - reached} bytes before the tensor "${name}".`);
    if (end > available) fail(where, `is cut off: the tensor "${name}" ends at byte ${end} of the data, and ${available} are there.`);
    reached = end;
  }
  if (reached !== available) fail(where, `has ${available - reached} bytes after its last tensor.`);
}

function fail(where: string, what: string, fix = "The file is damaged, or not a safetensors file."): never {
  throw new GradsmithError("file", where, what, fix);
}

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === "object" && value !== null && !Array.isArray(value);

const isSizes = (value: unknown): value is number[] =>
  Array.isArray(value) && value.every((size) => Number.isSafeInteger(size) && size >= 0);

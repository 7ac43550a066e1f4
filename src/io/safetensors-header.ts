import { bytesOf, type DType } from "../core/dtype.ts";
import { GradsmithError } from "../core/errors.ts";
import { described } from "../core/options.ts";
import { quotedName } from "../core/printable.ts";
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
/** A header begins with so many bytes that say how long it is. */
export const lengthBytes = 8;
/** Far more than any model has; each takes a thousand bytes of memory or more, also where it is empty. */
const mostTensors = 100_000;
/** NumPy's bound. */
const mostAxes = 64;
const longestName = 10_000;
/** What a tensor is described with lies in lists in an object in the header. */
const deepest = 8;

/**
 * The header of a safetensors file, with every claim it makes checked against the bytes that are there.
 * Source: the format's specification, https://huggingface.co/docs/safetensors.
 */
export function readHeader(bytes: Uint8Array, where: string): SafetensorsHeader {
  const length = headerLength(bytes, bytes.byteLength, where);
  return parseHeader(bytes.subarray(lengthBytes, lengthBytes + length), bytes.byteLength, where);
}

/** The same from the header alone, without the bytes that say how long it is; `fileLength` is all of the file. */
export function parseHeader(bytes: Uint8Array, fileLength: number, where: string): SafetensorsHeader {
  const dataStart = lengthBytes + bytes.byteLength;
  const header = parseJson(bytes, where);
  const metadata = readMetadata(header["__metadata__"], where);
  const names = Object.keys(header).filter((name) => name !== "__metadata__");
  if (names.length > mostTensors) fail(where, `has a header of ${names.length} tensors; at most ${mostTensors} are read.`);
  const entries = names.map((name) => readEntry(name, header[name], where)).sort((a, b) => a.begin - b.begin || a.end - b.end);
  checkTiling(entries, fileLength - dataStart, where);
  return { entries, metadata, dataStart };
}

/** How long the header of a file of so many bytes is, by its first ones. */
export function headerLength(bytes: Uint8Array, fileLength: number, where: string): number {
  if (bytes.byteLength < lengthBytes)
    fail(where, `has ${bytes.byteLength} bytes, and a safetensors file begins with 8 that say how long its header is.`);
  const length = new DataView(bytes.buffer, bytes.byteOffset, lengthBytes).getBigUint64(0, true);
  if (length > BigInt(longestHeader)) fail(where, `says its header has ${length} bytes; at most ${longestHeader} are allowed.`);
  const present = fileLength - lengthBytes;
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
  if (depthOf(text) > deepest) fail(where, `has a header that is nested more than ${deepest} deep.`);
  let value: unknown;
  try {
    value = text.startsWith("{") ? JSON.parse(text) : undefined;
  } catch {
    value = undefined;
  }
  if (!isRecord(value)) fail(where, "has a header that is not a JSON object.");
  const twice = duplicateKey(text);
  if (twice !== undefined) fail(where, `has a header that names ${quotedName(twice)} twice.`);
  return value;
}

/** How deep lists and objects lie in one another in JSON text, valid or not. */
function depthOf(json: string): number {
  let [depth, most] = [0, 0];
  for (let i = 0; i < json.length; i++) {
    const character = json[i];
    if (character === "{" || character === "[") most = Math.max(most, ++depth);
    else if (character === "}" || character === "]") depth--;
    else if (character === '"') for (i++; i < json.length && json[i] !== '"'; i++) if (json[i] === "\\") i++;
  }
  return most;
}

function readMetadata(value: unknown, where: string): Record<string, string> {
  if (value === undefined) return {};
  if (!isRecord(value)) fail(where, "has a __metadata__ that is not an object of strings.");
  for (const [key, entry] of Object.entries(value)) {
    if (typeof entry !== "string") fail(where, `has a __metadata__ whose ${quotedName(key)} is not a string.`);
  }
  return value as Record<string, string>;
}

function readEntry(name: string, value: unknown, where: string): TensorEntry {
  if (name.length > longestName) fail(where, `has a tensor whose name has ${name.length} characters; at most ${longestName} are read.`);
  if (!isRecord(value)) fail(where, `describes the tensor ${quotedName(name)} with something that is not an object.`);
  const { dtype: spelt, shape, data_offsets: offsets } = value;
  const dtype = typeof spelt === "string" ? dtypeOfFile(spelt) : undefined;
  if (dtype === undefined) {
    fail(
      where,
      `holds the tensor ${quotedName(name)} as dtype ${described(spelt)}; readable are ${knownFileDTypes.join(", ")}.`,
      "Convert it where it was written.",
    );
  }
  if (!isSizes(shape)) fail(where, `gives the tensor ${quotedName(name)} a shape that is not a list of whole numbers >= 0.`);
  if (shape.length > mostAxes) fail(where, `gives the tensor ${quotedName(name)} ${shape.length} axes; at most ${mostAxes} are read.`);
  if (!isSizes(offsets) || offsets.length !== 2)
    fail(where, `gives the tensor ${quotedName(name)} data_offsets that are not two whole numbers >= 0.`);
  const [begin, end] = offsets as [number, number];
  if (end < begin) fail(where, `gives the tensor ${quotedName(name)} data_offsets that end (${end}) before they begin (${begin}).`);
  const wanted = byteLengthOf(shape, dtype);
  if (wanted === undefined)
    fail(where, `gives the tensor ${quotedName(name)} the shape ${showShape(shape)}, more bytes than can be counted.`);
  if (wanted !== end - begin)
    fail(where, `gives the tensor ${quotedName(name)} (${spelt}, ${showShape(shape)}) ${end - begin} bytes; it needs ${wanted}.`);
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
    if (begin < reached)
      fail(where, `has the tensor ${quotedName(name)} begin at byte ${begin}, inside the one before, which ends at ${reached}.`);
    if (begin > reached) fail(where, `leaves a hole of ${begin - reached} bytes before the tensor ${quotedName(name)}.`);
    if (end > available)
      fail(where, `is cut off: the tensor ${quotedName(name)} ends at byte ${end} of the data, and ${available} are there.`);
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

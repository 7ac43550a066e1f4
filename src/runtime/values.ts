import { Storage } from "../backends/storage.ts";
import type { DType, TypedArray } from "../core/dtype.ts";
import { bytesOf, viewOf } from "../core/dtype.ts";
import { GradsmithError } from "../core/errors.ts";
import type { TensorType } from "../core/shape.ts";
import { sizeOf } from "../core/shape.ts";
import type { LiteralAttributes, Node } from "../ir/graph.ts";
import { bufferNode } from "../tensor/ops/source.ts";

/** What a `buffer` source holds: memory, until it is donated to a compiled function. */
export class Held {
  #storage: Storage | undefined;
  constructor(storage: Storage) {
    this.#storage = storage;
  }

  get storage(): Storage {
    if (this.#storage !== undefined) return this.#storage;
    throw new GradsmithError(
      "usage",
      "tensor",
      "this tensor's memory was donated to a compiled function and now holds its result.",
      "Use the result instead, or leave the argument out of `donate`.",
    );
  }
  /** Gives the memory away: this tensor can't be used any more. */
  donate(): Storage {
    const { storage } = this;
    this.#storage = undefined;
    return storage;
  }
}

export const byteLengthOf = (type: TensorType): number => sizeOf(type.shape) * bytesOf(type.dtype);

/** A source over memory. */
export const heldNode = (storage: Storage, type: TensorType): Node => bufferNode(new Held(storage), type);

/** Sources whose values come from outside the graph. */
export const isGiven = ({ op }: Node): boolean =>
  op.kind === "source" && (op.from === "buffer" || op.from === "literal" || op.from === "input");

/** A source over numbers that belong to it from now on: where they lie, unless they are stored differently. */
export function holdNumbers(data: TypedArray, type: TensorType): Node {
  const { buffer, byteOffset, byteLength } = data;
  const isStored = byteLength === byteLengthOf(type);
  return heldNode(isStored ? new Storage(byteLength, new Uint8Array(buffer, byteOffset, byteLength)) : storageFrom(data, type), type);
}

const literals = new WeakMap<TypedArray, Storage>();

/** The memory behind a buffer or a literal. */
export function storageOf(node: Node): Storage {
  if (node.attributes instanceof Held) return node.attributes.storage;
  const { data } = node.attributes as Partial<LiteralAttributes>;
  if (data === undefined)
    throw new GradsmithError("usage", "read", "a function that is traced has no numbers yet.", "Read tensors outside of it.");
  const known = literals.get(data);
  if (known !== undefined) return known;
  const storage = storageFrom(data, node.type);
  literals.set(data, storage);
  return storage;
}

/** Elements as they are stored. */
export function storageFrom(data: ArrayLike<number>, type: TensorType): Storage {
  const storage = new Storage(byteLengthOf(type));
  encode(data, type.dtype, storage.bytes);
  return storage;
}

function encode(data: ArrayLike<number>, dtype: DType, bytes: Uint8Array): void {
  const view = viewOf(dtype, bytes);
  if (dtype === "f16" || dtype === "bf16") {
    const narrow = dtype === "f16" ? toHalf : toBrain;
    for (let i = 0; i < data.length; i++) view[i] = narrow(data[i]!);
  } else view.set(data);
}

/** The elements in bytes that belong to whoever reads them, two-byte floats widened. */
export function decode(bytes: Uint8Array, dtype: DType): TypedArray {
  const view = viewOf(dtype, bytes);
  if (dtype !== "f16" && dtype !== "bf16") return view;
  const widen = dtype === "f16" ? fromHalf : fromBrain;
  return Float32Array.from(view as Uint16Array, widen);
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

import { choose } from "../core/checks.ts";
import type { DType } from "../core/dtype.ts";
import { encoded } from "../core/encoding.ts";
import { GradsmithError } from "../core/errors.ts";
import type { OptionChecks } from "../core/options.ts";
import { checkOptions } from "../core/options.ts";
import { quotedName } from "../core/printable.ts";
import type { FileTensor } from "../io/safetensors.ts";
import type { NamedTensors } from "../optim/optimizer.ts";
import { tensor } from "../tensor/create.ts";
import type { Tensor } from "../tensor/tensor.ts";

/** How weights are stored in a file. */
export type WeightStorage = "f32" | "f16" | "int8";

/** The options of `save`, `saveWeights` and `toBytes`. */
export interface SaveOptions {
  /**
   * "f32", the default, stores weights as they are. "f16" takes half the room: each is rounded to the nearest of 11 bits, at most ±65504. "int8" takes a
   * quarter: matrices and kernels are stored as whole numbers from −127 to 127, times a scale for each output channel, so that each weight is off by half a
   * scale at most; biases and other vectors stay as they are. A loaded model computes with the rounded weights in its own dtype.
   */
  readonly weights?: WeightStorage;
}

const storages: Readonly<Record<WeightStorage, WeightStorage>> = { f32: "f32", f16: "f16", int8: "int8" };
const checks: OptionChecks<SaveOptions> = { weights: (where, name, value) => choose(where, name, value as string, storages) };

export const storageOf = (where: string, options: SaveOptions): WeightStorage =>
  checkOptions<SaveOptions>(where, options, checks).weights ?? "f32";

/** In a file's metadata: a list of the weights that are stored as whole numbers. */
const quantizedKey = "gradsmith.int8";
/** What the name of a weight's scales adds to its own. */
const scaleSuffix = "#scale";
/** Whole numbers are stored as bytes, this much higher. */
const offset = 128;
const largest = 127;

/** A tensor as a file has it: its type now, its numbers when they are written. */
export interface StoredTensor {
  readonly dtype: DType;
  readonly shape: readonly number[];
  data(): Promise<FileTensor["data"]>;
}

export interface StoredTensors {
  readonly tensors: Readonly<Record<string, StoredTensor>>;
  readonly metadata: Readonly<Record<string, string>>;
}

/** Weights as a file stores them, and what its metadata says of that. */
export function stored(weights: NamedTensors, storage: WeightStorage): StoredTensors {
  const tensors: Record<string, StoredTensor> = {};
  const quantized: string[] = [];
  for (const [name, weight] of Object.entries(weights)) {
    if (storage === "int8" && weight.dtype === "f32" && weight.rank > 1) {
      quantized.push(name);
      const { whole, scale } = quantize(weight);
      tensors[name] = asItIs(whole);
      tensors[name + scaleSuffix] = { ...asItIs(scale), data: async () => finiteScales(name, (await scale.read()) as Float32Array) };
    } else if (storage === "f16" && weight.dtype === "f32") {
      const type = { dtype: "f16", shape: weight.shape } as const;
      tensors[name] = { ...type, data: async () => encoded(await weight.clip(-65504, 65504).read(), type) };
    } else tensors[name] = asItIs(weight);
  }
  return { tensors, metadata: quantized.length === 0 ? {} : { [quantizedKey]: JSON.stringify(quantized) } };
}

/** Two-byte floats are read widened and stored as their bits. */
function asItIs(value: Tensor): StoredTensor {
  const { dtype, shape } = value;
  const isHalf = dtype === "f16" || dtype === "bf16";
  return { dtype, shape, data: async () => (isHalf ? encoded(await value.read(), { dtype, shape }) : value.read()) };
}

function finiteScales(name: string, scales: Float32Array): Float32Array {
  if (scales.every(Number.isFinite)) return scales;
  throw new GradsmithError(
    "file",
    "save",
    `the weight ${quotedName(name)} has numbers that are not finite, which int8 can't store.`,
    'Save with weights: "f32".',
  );
}

/** Whole numbers and a scale for each place of the last axis: symmetric, as in Krishnamoorthi, https://arxiv.org/abs/1806.08342, section 2.2. */
function quantize(weight: Tensor): { readonly whole: Tensor; readonly scale: Tensor } {
  const axes = weight.shape.slice(0, -1).map((_, axis) => axis);
  const step = weight.abs().max({ axes }).div(largest);
  // Where all weights of a channel are zero; those that aren't numbers stay so, and are refused when they are written.
  const scale = step.notEqual(0).where(step, 1);
  return { whole: weight.div(scale).round().clip(-largest, largest).add(offset).cast("u8"), scale };
}

/** Scales of a file must be numbers above zero. */
export function checkScales(
  where: string,
  tensors: Readonly<Record<string, FileTensor>>,
  metadata: Readonly<Record<string, string>>,
): void {
  const text = metadata[quantizedKey];
  if (text === undefined) return;
  for (const name of namesIn(where, text)) {
    const scales = Object.hasOwn(tensors, name + scaleSuffix) ? tensors[name + scaleSuffix] : undefined;
    if (scales?.data instanceof Float32Array && !scales.data.every((scale) => scale > 0 && scale < Number.POSITIVE_INFINITY))
      throw new GradsmithError(
        "file",
        where,
        `the weight ${quotedName(name)} has scales that are not above zero, or not finite.`,
        "The file is damaged: save the model again.",
      );
  }
}

/** Weights of a file, in place of their whole numbers. */
export function restored(where: string, tensors: NamedTensors, metadata: Readonly<Record<string, string>>): NamedTensors {
  const text = metadata[quantizedKey];
  if (text === undefined) return tensors;
  const names = namesIn(where, text);
  const scaleNames = new Set(names.map((name) => name + scaleSuffix));
  const entries = Object.entries(tensors).filter(([name]) => !scaleNames.has(name));
  return Object.fromEntries(
    entries.map(([name, value]) => [name, names.includes(name) ? dequantized(where, name, value, tensors[name + scaleSuffix]) : value]),
  );
}

function namesIn(where: string, text: string): readonly string[] {
  try {
    const names: unknown = JSON.parse(text);
    if (Array.isArray(names) && names.every((name) => typeof name === "string")) return names;
  } catch {
    // Said below.
  }
  throw new GradsmithError(
    "file",
    where,
    `has a ${quantizedKey} that is not a list of names.`,
    "The file is damaged: save the model again.",
  );
}

function dequantized(where: string, name: string, whole: Tensor, scale: Tensor | undefined): Tensor {
  const channels = whole.shape.at(-1);
  if (whole.dtype === "u8" && scale?.dtype === "f32" && scale.rank === 1 && scale.shape[0] === channels)
    return whole.cast("f32").sub(tensor(offset)).mul(scale);
  throw new GradsmithError(
    "file",
    where,
    `the weight ${quotedName(name)} is said to be whole numbers with ${channels ?? 0} scales, and is not.`,
    "The file is damaged: save the model again.",
  );
}

import { anyNumber, countingNumber, finiteNumber, flag, knownDType } from "../core/checks.ts";
import type { DType, TypedArray } from "../core/dtype.ts";
import { isFloat, viewOf } from "../core/dtype.ts";
import { GradsmithError } from "../core/errors.ts";
import { holds } from "../core/number.ts";
import type { OptionChecks } from "../core/options.ts";
import { checkOptions } from "../core/options.ts";
import type { Shape, TensorType } from "../core/shape.ts";
import { checkedShape, showShape, sizeOf } from "../core/shape.ts";
import { sourceOf } from "./execution.ts";
import { toStored } from "./functions/element-arrays.ts";
import type { Nested } from "./functions/nested.ts";
import { unnest } from "./functions/nested.ts";
import { fillNode, inputNode, iotaNode } from "./ops/source.ts";
import { Tensor } from "./tensor.ts";

/** The options of functions that make tensors of a shape. */
export interface DTypeOptions {
  /** `f32` by default. */
  readonly dtype?: DType | undefined;
}
/** The options of `tensor`. */
export interface TensorOptions extends DTypeOptions {
  /** For a typed array or a flat list, which have none of their own; one axis by default. */
  readonly shape?: Shape | undefined;
  /**
   * Takes a typed array's memory over instead of copying it: the array and all others over its buffer are empty afterwards, as after a
   * transfer to a worker. Where numbers have to be converted, or a buffer can't be transferred, they are copied after all. A resizable
   * buffer shrinks while its bytes move to a WebAssembly memory, so that a data set is never in memory twice.
   */
  readonly transfer?: boolean | undefined;
}

const dtypeChecks: OptionChecks<DTypeOptions> = { dtype: knownDType };
const tensorChecks: OptionChecks<TensorOptions> = { ...dtypeChecks, shape: checkShapeOption, transfer: flag };

function checkShapeOption(where: string, _name: string, value: unknown): Shape {
  return checkedShape(where, value as Shape);
}

/**
 * A tensor of numbers known now: of nested arrays in their shape, or of a typed array, whose element type it takes. Plain numbers give f32,
 * booleans bool. The values are copied, once: when the array is dropped, the tensor's copy is the only one.
 *
 * Defaults: `dtype` that of the values, `shape` theirs, `transfer` false.
 *
 * @throws GradsmithError "data" for ragged arrays, what is no number or an array whose memory is gone, "shape" for a shape that is none or that
 * the values don't fill, "dtype" for an element type that is none, "option" for an unknown option.
 * @example tensor([[1, 2], [3, 4]]), tensor(Float32Array.of(1, 2, 3, 4), { shape: [2, 2] })
 */
export function tensor(values: Nested, options: TensorOptions = {}): Tensor {
  checkOptions("tensor", options, tensorChecks);
  const { data, shape: own, natural } = elementsOf(values);
  const shape = options.shape ?? own;
  if (sizeOf(shape) !== data.length) {
    throw new GradsmithError(
      "shape",
      "tensor",
      `${data.length} values do not fill the shape ${showShape(shape)}.`,
      `It takes ${sizeOf(shape)}.`,
    );
  }
  const dtype = options.dtype ?? natural;
  const isTaken = options.transfer === true && dtype === natural && ArrayBuffer.isView(values);
  return new Tensor(sourceOf(isTaken ? transferred(values, dtype) : toStored(data, dtype), { dtype, shape: [...shape] }));
}

function transferred(array: TypedArray, dtype: DType): TypedArray {
  const { buffer, byteOffset, byteLength } = array;
  // Memory that can't be moved (shared, or a WebAssembly program's) is copied, by one or the other.
  if (!(buffer instanceof ArrayBuffer)) return toStored(array, dtype);
  return viewOf(dtype, { buffer: structuredClone(buffer, { transfer: [buffer] }), byteOffset, byteLength });
}

declare function structuredClone<T>(value: T, options: { transfer: readonly ArrayBuffer[] }): T;

function elementsOf(values: Nested): { data: ArrayLike<number>; shape: Shape; natural: DType } {
  if (ArrayBuffer.isView(values)) {
    const natural = naturalTypes[values.constructor.name];
    if (isGone(values)) throw new GradsmithError("data", "tensor", "the array's memory was transferred away.", "Make the tensor before.");
    if (natural !== undefined) return { data: values, shape: [values.length], natural };
    throw new GradsmithError(
      "dtype",
      "tensor",
      `a ${values.constructor.name} has no dtype here.`,
      "Use a Float32Array, Float64Array, Int32Array, Uint32Array or Uint8Array.",
    );
  }
  const { values: data, shape, isBool } = unnest(values);
  return { data, shape, natural: isBool ? "bool" : "f32" };
}

/** Memory that went to a worker or to a tensor. Only engines since 2023 know `detached`, but none slices it. */
function isGone({ buffer, byteLength }: ArrayBufferView): boolean {
  if (byteLength > 0) return false;
  try {
    buffer.slice(0, 0);
    return false;
  } catch {
    return true;
  }
}

const naturalTypes: Readonly<Record<string, DType>> = {
  Float32Array: "f32",
  Float64Array: "f64",
  Int32Array: "i32",
  Uint32Array: "u32",
  Uint8Array: "u8",
  Uint8ClampedArray: "u8",
  Buffer: "u8",
};

/**
 * One number everywhere.
 *
 * @throws GradsmithError "shape" unless `shape` is a list of integers from 0, "option" for an unknown option or what is no number, "dtype".
 * @example full([2, 3], 0.5)
 */
export const full = (shape: Shape, value: number, options?: DTypeOptions): Tensor =>
  filled("full", shape, anyNumber("full", "the value", value), options);

/**
 * Zeros; f32 by default.
 *
 * @throws GradsmithError "shape" unless `shape` is a list of integers from 0, "option" for an unknown option, "dtype".
 * @example zeros([2, 3])
 */
export const zeros = (shape: Shape, options?: DTypeOptions): Tensor => filled("zeros", shape, 0, options);

/**
 * Ones; f32 by default.
 *
 * @throws GradsmithError "shape" unless `shape` is a list of integers from 0, "option" for an unknown option, "dtype".
 * @example ones([2, 3], { dtype: "i32" })
 */
export const ones = (shape: Shape, options?: DTypeOptions): Tensor => filled("ones", shape, 1, options);

function filled(where: string, shape: Shape, value: number, options: DTypeOptions | undefined): Tensor {
  const dtype = options === undefined ? undefined : checkOptions(where, options, dtypeChecks).dtype;
  return new Tensor(fillNode(value, dtype ?? "f32", checkedShape(where, shape), where));
}

/** The options of `arange`. */
export interface RangeOptions extends DTypeOptions {
  /** From one number to the next; may be negative. Default 1. */
  readonly step?: number | undefined;
}

const rangeChecks: OptionChecks<RangeOptions> = { ...dtypeChecks, step: finiteNumber };

/**
 * `start, start + step, ...` up to but without `stop`; `arange(stop)` starts at 0. Three integers give i32, beyond its range f64, others f32, unless
 * `dtype` says otherwise.
 *
 *     n = max(0, ⌈(stop − start) / step⌉) numbers, the i-th of them start + i·step
 *
 * @throws GradsmithError "option" for an unknown option, a number that is not finite or a step of 0, "dtype".
 * @example arange(5), arange(1, 2, { step: 0.25 })
 */
export function arange(start: number, stop?: number | RangeOptions, options?: RangeOptions): Tensor {
  if (stop === undefined || typeof stop === "object") return arange(0, start, stop ?? options);
  const { step = 1, dtype = rangeType(start, stop, step) } = checkOptions("arange", options ?? {}, rangeChecks);
  finiteNumber("arange", "start", start);
  finiteNumber("arange", "stop", stop);
  if (step === 0) throw new GradsmithError("option", "arange", "step must not be 0.", "Use full for equal numbers.");
  const positions = iota("arange", Math.max(0, Math.ceil((stop - start) / step)));
  return affine(positions, start, step, dtype);
}

/** Integers that an i32 can't hold are f64, which holds them to 2^53. */
function rangeType(start: number, stop: number, step: number): DType {
  const numbers = [start, stop, step];
  if (!numbers.every(Number.isInteger)) return "f32";
  return numbers.every((n) => holds("i32", n)) ? "i32" : "f64";
}

/** The options of `linspace`. */
export interface LinspaceOptions extends DTypeOptions {
  /** How many numbers. Default 50. */
  readonly count?: number | undefined;
}

const linspaceChecks: OptionChecks<LinspaceOptions> = { ...dtypeChecks, count: countingNumber };

/**
 * `count` numbers (50 by default) from `start` to `stop`, both included, equally far apart; f32 by default.
 *
 *     start + i·(stop − start) / (count − 1)
 *
 * @throws GradsmithError "option" for an unknown option, ends that are not finite or a count that is none, "dtype".
 * @example linspace(0, 1, { count: 11 })
 */
export function linspace(start: number, stop: number, options: LinspaceOptions = {}): Tensor {
  const { count = 50, dtype = "f32" } = checkOptions("linspace", options, linspaceChecks);
  finiteNumber("linspace", "start", start);
  finiteNumber("linspace", "stop", stop);
  const positions = iota("linspace", count);
  if (count < 2) return affine(positions, start, 0, dtype);
  const computed = isFloat(dtype) ? dtype : "f32";
  const line = affine(positions, start, (stop - start) / (count - 1), computed);
  return positions
    .equal(count - 1)
    .where(stop, line)
    .cast(dtype);
}

/** The options of `eye`. */
export interface EyeOptions extends DTypeOptions {
  /** As many as rows by default. */
  readonly columns?: number | undefined;
}

const eyeChecks: OptionChecks<EyeOptions> = { ...dtypeChecks, columns: countingNumber };

/**
 * Ones on the diagonal of an otherwise empty matrix [rows, columns]; square unless `columns` is given, f32 by default.
 *
 * @throws GradsmithError "option" for an unknown option or columns that are no count, "shape" for rows that are none, "dtype".
 * @example eye(3), eye(2, { columns: 4 })
 */
export function eye(rows: number, options: EyeOptions = {}): Tensor {
  const { columns = rows, dtype = "f32" } = checkOptions("eye", options, eyeChecks);
  const shape = checkedShape("eye", [rows, columns]);
  return new Tensor(iotaNode(shape, 0)).equal(new Tensor(iotaNode(shape, 1))).cast(dtype);
}

/** A slot of a function that is being traced: a tensor whose values come when it runs. */
export const input = (slot: number, type: TensorType): Tensor => new Tensor(inputNode(slot, type));

const iota = (where: string, count: number): Tensor => new Tensor(iotaNode(checkedShape(where, [count]), 0));
const affine = (positions: Tensor, start: number, step: number, dtype: DType): Tensor => {
  const numbers = [start, step, start + step * positions.size];
  const isWhole = numbers.every((n) => holds("i32", n));
  const isLarge = numbers.some((n) => Math.abs(n) > 2 ** 24);
  const exact = isWhole ? positions : positions.cast(dtype === "f64" || isLarge ? "f64" : "f32");
  return exact.mul(step).add(start).cast(dtype);
};

import { finiteNumber } from "../core/checks.ts";
import type { DType, TypedArray } from "../core/dtype.ts";
import { isFloat, viewOf } from "../core/dtype.ts";
import { GradsmithError } from "../core/errors.ts";
import type { Shape, TensorType } from "../core/shape.ts";
import { showShape, sizeOf } from "../core/shape.ts";
import { sourceOf } from "./execution.ts";
import { toStored } from "./functions/element-arrays.ts";
import type { Nested } from "./functions/nested.ts";
import { unnest } from "./functions/nested.ts";
import { fillNode, inputNode, iotaNode } from "./ops/source.ts";
import { Tensor } from "./tensor.ts";

export interface DTypeOptions {
  /** `f32` by default. */
  readonly dtype?: DType | undefined;
}
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

/**
 * A tensor of numbers known now: `tensor([[1, 2], [3, 4]])`, or `tensor(array, { shape: [2, 2] })` of a typed array, whose element type it
 * takes (plain numbers give f32, booleans bool). The values are copied, once: when the array is dropped, the tensor's copy is the only one.
 */
export function tensor(values: Nested, options: TensorOptions = {}): Tensor {
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

const naturalTypes: Readonly<Record<string, DType>> = {
  Float32Array: "f32",
  Float64Array: "f64",
  Int32Array: "i32",
  Uint32Array: "u32",
  Uint8Array: "u8",
  Uint8ClampedArray: "u8",
  Buffer: "u8",
};

/** One number everywhere. */
export const full = (shape: Shape, value: number, { dtype = "f32" }: DTypeOptions = {}): Tensor =>
  new Tensor(fillNode(value, dtype, checkedShape("full", shape)));
export const zeros = (shape: Shape, options?: DTypeOptions): Tensor => full(shape, 0, options);
export const ones = (shape: Shape, options?: DTypeOptions): Tensor => full(shape, 1, options);

export interface RangeOptions extends DTypeOptions {
  readonly step?: number | undefined;
}

/** `start, start + step, ...` up to but without `stop`; `arange(stop)` starts at 0. Integers give i32, unless `dtype` says otherwise. */
export function arange(start: number, stop?: number | RangeOptions, options?: RangeOptions): Tensor {
  if (typeof stop !== "number") return arange(0, start, stop);
  const { step = 1, dtype = [start, step].every(Number.isInteger) ? "i32" : "f32" } = options ?? {};
  for (const [name, value] of [
    ["start", start],
    ["stop", stop],
    ["step", step],
  ] as const)
    finiteNumber("arange", name, value);
  if (step === 0) throw new GradsmithError("option", "arange", "step must not be 0.", "Use full for equal numbers.");
  const positions = iota(Math.max(0, Math.ceil((stop - start) / step)));
  return affine(positions, start, step, dtype);
}

/** `count` numbers from `start` to `stop`, both included, equally far apart. */
export function linspace(
  start: number,
  stop: number,
  { count = 50, dtype = "f32" }: DTypeOptions & { readonly count?: number | undefined } = {},
): Tensor {
  const positions = iota(count);
  if (count < 2) return affine(positions, start, 0, dtype);
  const computed = isFloat(dtype) ? dtype : "f32";
  const line = affine(positions, start, (stop - start) / (count - 1), computed);
  return positions
    .equal(count - 1)
    .where(stop, line)
    .cast(dtype);
}

/** Ones on the diagonal of an otherwise empty matrix; square unless `columns` is given. */
export function eye(
  rows: number,
  { columns = rows, dtype = "f32" }: DTypeOptions & { readonly columns?: number | undefined } = {},
): Tensor {
  const shape = checkedShape("eye", [rows, columns]);
  return new Tensor(iotaNode(shape, 0)).equal(new Tensor(iotaNode(shape, 1))).cast(dtype);
}

/** A slot of a function that is being traced: a tensor whose values come when it runs. */
export const input = (slot: number, type: TensorType): Tensor => new Tensor(inputNode(slot, type));

const iota = (count: number): Tensor => new Tensor(iotaNode(checkedShape("arange", [count]), 0));
const affine = (positions: Tensor, start: number, step: number, dtype: DType): Tensor => {
  const exact = [start, step].every(Number.isInteger) ? positions : positions.cast(dtype === "f64" ? "f64" : "f32");
  return exact.mul(step).add(start).cast(dtype);
};

function checkedShape(where: string, shape: Shape): Shape {
  if (shape.every((size) => Number.isInteger(size) && size >= 0)) return [...shape];
  throw new GradsmithError("shape", where, `${showShape(shape)} is not a shape.`, "Use integers from 0.");
}

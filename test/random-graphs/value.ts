import { isFloat } from "../../src/core/dtype.ts";
import type { Tensor } from "../../src/tensor/tensor.ts";

/** A tensor of a random graph with what is known about its elements, so that a test can tell rounding from a mistake. */
export interface Value {
  readonly tensor: Tensor;
  /** No element is larger. Infinite for integers that may have wrapped. */
  readonly bound: number;
  /** Elements are exact multiples of this; 0 where they are rounded. Only exact values may be compared, truncated or used as positions. */
  readonly grid: number;
  /** How far an element may be off, in units of the float type's spacing at 1. */
  readonly error: number;
}

/** The float types of random graphs. */
export type Float = "f32" | "f64" | "bf16" | "f16";

/** What a float type can do: how far numbers at 1 are apart, how many multiples of a grid are certainly exact, how far an element may go. */
export const precisionOf: Readonly<Record<Float, { readonly spacing: number; readonly exactMultiples: number; readonly largest: number }>> =
  {
    bf16: { spacing: 2 ** -7, exactMultiples: 2 ** 8, largest: 2 ** 30 },
    f16: { spacing: 2 ** -10, exactMultiples: 2 ** 11, largest: 2 ** 14 },
    // f64 has no more, so that graphs are the same in both.
    f32: { spacing: 2 ** -23, exactMultiples: 2 ** 20, largest: Number.POSITIVE_INFINITY },
    f64: { spacing: 2 ** -52, exactMultiples: 2 ** 20, largest: Number.POSITIVE_INFINITY },
  };

/** A float result before its own rounding: still exact if it fits, else off by two roundings more. */
export function floating(tensor: Tensor, { bound, grid, error }: Omit<Value, "tensor">): Value {
  const isExact = error === 0 && grid > 0 && bound / grid <= precisionOf[tensor.dtype as Float].exactMultiples;
  return isExact ? { tensor, bound, grid, error: 0 } : { tensor, bound, grid: 0, error: error + 2 * bound };
}

export const integer = (tensor: Tensor, bound = Number.POSITIVE_INFINITY): Value => ({ tensor, bound, grid: 1, error: 0 });
export const boolean = (tensor: Tensor): Value => integer(tensor, 1);

export const isFloating = ({ tensor }: Value): boolean => isFloat(tensor.dtype);
export const isBoolean = ({ tensor }: Value): boolean => tensor.dtype === "bool";
export const isWhole = (value: Value): boolean => !isFloating(value) && !isBoolean(value);
export const isExact = ({ error, grid }: Value): boolean => error === 0 && grid > 0;

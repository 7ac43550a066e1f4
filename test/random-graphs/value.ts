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

/** As many multiples of the grid as every float type in use holds exactly, with room for a sum. */
const exactMultiples = 2 ** 20;

/** A float result before its own rounding: still exact if it fits, else off by two roundings more. */
export function floating(tensor: Tensor, { bound, grid, error }: Omit<Value, "tensor">): Value {
  const isExact = error === 0 && grid > 0 && bound / grid <= exactMultiples;
  return isExact ? { tensor, bound, grid, error: 0 } : { tensor, bound, grid: 0, error: error + 2 * bound };
}

export const integer = (tensor: Tensor, bound = Number.POSITIVE_INFINITY): Value => ({ tensor, bound, grid: 1, error: 0 });
export const boolean = (tensor: Tensor): Value => integer(tensor, 1);

export const isFloating = ({ tensor }: Value): boolean => isFloat(tensor.dtype);
export const isBoolean = ({ tensor }: Value): boolean => tensor.dtype === "bool";
export const isWhole = (value: Value): boolean => !isFloating(value) && !isBoolean(value);
export const isExact = ({ error, grid }: Value): boolean => error === 0 && grid > 0;

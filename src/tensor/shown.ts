import { peekAt } from "./execution.ts";
import type { NestedNumbers } from "./functions/nested.ts";
import { nest } from "./functions/nested.ts";
import type { Tensor } from "./tensor.ts";

/** Up to so many elements are shown; of larger tensors as many as these. */
const most = 100;
const few = 6;

/** What a console shows of a tensor: its description, and its numbers where they are at hand. Nothing is computed. */
export function shown(tensor: Tensor, inspect: (value: unknown) => string): string {
  const numbers = tensor.size <= 1e6 ? peekAt(tensor) : undefined;
  if (numbers === undefined) return String(tensor);
  if (tensor.size <= most) return `${tensor} ${inspect(nest(numbers, tensor.shape))}`;
  return `${tensor} [${[...numbers.subarray(0, few)].map(inspect).join(", ")}, ... ${tensor.size - few} more]`;
}

/** What JSON has of a tensor. */
export interface TensorJson {
  readonly dtype: string;
  readonly shape: readonly number[];
  /** What computes it. */
  readonly op: string;
  /** The elements, where they are at hand: those of tensors that were given or have been computed, on the device "cpu". */
  readonly values?: NestedNumbers;
}

export function tensorJson(tensor: Tensor): TensorJson {
  const { dtype, shape, node } = tensor;
  const numbers = peekAt(tensor);
  return { dtype, shape, op: node.op.name, ...(numbers === undefined ? {} : { values: nest(numbers, shape) }) };
}

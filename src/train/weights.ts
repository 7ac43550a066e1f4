import type { TypedArray } from "../core/dtype.ts";
import { GradsmithError } from "../core/errors.ts";
import { nearest } from "../core/nearest.ts";
import { sameShape, showShape } from "../core/shape.ts";
import type { NamedTensors } from "../optim/optimizer.ts";
import { tensor } from "../tensor/create.ts";
import type { Nested } from "../tensor/functions/nested.ts";
import { Tensor } from "../tensor/tensor.ts";
import type { WeightCopy } from "./callback.ts";
import type { TrainState } from "./train-state.ts";

/** New values of variables, by name. A typed array takes the variable's shape. */
export type NewWeights = Readonly<Record<string, Tensor | Nested>>;

/** Copies of all variables. */
export async function copiedWeights({ variables }: TrainState): Promise<WeightCopy> {
  const copies = await Promise.all(Object.values(variables).map((variable) => variable.read()));
  return Object.fromEntries(Object.keys(variables).map((name, i): [string, TypedArray] => [name, copies[i]!]));
}

/** New values of variables as tensors, each in the shape and dtype of the old one. */
export const newValues = (where: string, variables: NamedTensors, weights: NewWeights): NamedTensors =>
  Object.fromEntries(Object.entries(weights).map(([name, given]) => [name, weightFor(where, variables, name, given)]));

function weightFor(where: string, variables: NamedTensors, name: string, given: Tensor | Nested): Tensor {
  const old = variables[name];
  if (old === undefined) {
    const close = nearest(name, Object.keys(variables));
    throw new GradsmithError(
      "option",
      where,
      `the model has no weight "${name}".${close === undefined ? "" : ` Did you mean "${close}"?`}`,
      `It has: ${Object.keys(variables).join(", ")}.`,
    );
  }
  const value =
    given instanceof Tensor
      ? given
      : ArrayBuffer.isView(given) && given.length === old.size
        ? tensor(given, { shape: old.shape })
        : tensor(given);
  if (sameShape(value.shape, old.shape)) return value.cast(old.dtype);
  throw new GradsmithError(
    "shape",
    where,
    `"${name}" has shape ${showShape(old.shape)}, but was given ${showShape(value.shape)}.`,
    "Give a value of its shape.",
  );
}

import { GradsmithError } from "../core/errors.ts";
import { sameShape, showShape } from "../core/shape.ts";
import type { Blueprint, Variable } from "../nn/blueprint.ts";
import type { Module } from "../nn/module.ts";
import type { NamedTensors } from "../optim/optimizer.ts";
import { copyOf } from "../runtime/values.ts";
import type { Tensor } from "../tensor/tensor.ts";

/** The value of a module's variable between trainings. */
interface Holding {
  value: Tensor;
  /** Whether someone else may hold the tensor, which training in place must leave alone. */
  isShared: boolean;
  /** How many are reading it just now. */
  readers: number;
  /** The value of the moment, while a model that the module is part of is trained. */
  live?: Tensor | undefined;
}

// By module and not by model, so that a module in two models has one set of weights: an encoder is trained with its autoencoder.
const holdings = new WeakMap<Module, Map<string, Holding>>();

const holdingOf = ({ module, name }: Variable): Holding | undefined => holdings.get(module)?.get(name);

/** The values of a model's variables that have one already, by path. */
export function heldValues({ variables }: Blueprint): NamedTensors {
  const values: Record<string, Tensor> = {};
  for (const [path, variable] of Object.entries(variables)) {
    const holding = holdingOf(variable);
    if (holding !== undefined) values[path] = fitting(path, variable, holding.live ?? holding.value);
  }
  return values;
}

function fitting(path: string, { shape, dtype, module }: Variable, value: Tensor): Tensor {
  if (sameShape(value.shape, shape)) return value.cast(dtype);
  throw new GradsmithError(
    "shape",
    module.kind,
    `"${path}" has weights of shape ${showShape(value.shape)} from another model, but here it needs ${showShape(shape)}.`,
    "Give both models inputs of the same shape, or make a layer of its own for each.",
  );
}

/** Sets values of a model's variables, by path. */
export function hold({ variables }: Blueprint, values: NamedTensors, { isShared }: { readonly isShared: boolean }): void {
  for (const [path, variable] of Object.entries(variables)) {
    const value = values[path];
    if (value === undefined) continue;
    const own = holdings.get(variable.module) ?? new Map<string, Holding>();
    holdings.set(variable.module, own);
    own.set(variable.name, { value, isShared, readers: own.get(variable.name)?.readers ?? 0 });
  }
}

/** From now on someone may hold these tensors. */
export function markShared({ variables }: Blueprint): void {
  for (const variable of Object.values(variables)) {
    const holding = holdingOf(variable);
    if (holding !== undefined) holding.isShared = true;
  }
}

/** The values for training in place: copies of what others may hold or are reading. */
export function takenOver({ variables }: Blueprint, values: NamedTensors): NamedTensors {
  return Object.fromEntries(
    Object.entries(values).map(([path, value]) => {
      const holding = holdingOf(variables[path]!);
      const isOwn = holding === undefined || (!holding.isShared && holding.readers === 0);
      return [path, isOwn ? value : copyOf(value)];
    }),
  );
}

/** Whether another model that is being trained has one of these modules in it. */
export const isTrainedElsewhere = ({ variables }: Blueprint): boolean =>
  Object.values(variables).some((variable) => holdingOf(variable)?.live !== undefined);

/** Whoever asks for values while a model is trained gets those of the moment. */
export function follow({ variables }: Blueprint, values: NamedTensors): void {
  for (const [path, variable] of Object.entries(variables)) {
    const holding = holdingOf(variable);
    if (holding !== undefined) holding.live = values[path];
  }
}

/** Keeps values as they are while they are read. */
export async function reading<T>({ variables }: Blueprint, read: () => Promise<T>): Promise<T> {
  const held = Object.values(variables)
    .map(holdingOf)
    .filter((holding) => holding !== undefined);
  for (const holding of held) holding.readers++;
  try {
    return await read();
  } finally {
    for (const holding of held) holding.readers--;
  }
}

import { full } from "../tensor/create.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { rateOf } from "./hyperparameters.ts";
import type { NamedTensors, Optimizer } from "./optimizer.ts";

/** What an optimizer remembers: for each parameter, its slots. */
export type Slots = Readonly<Record<string, NamedTensors>>;

/** What an optimizer changes, parameters, their slots and the step count, and what it goes by. */
export interface Update {
  /** The new weights. */
  readonly params: NamedTensors;
  /** What the optimizer remembers for each, new. */
  readonly slots: Slots;
  /** Updates done so far, an i32 scalar. */
  readonly step: Tensor;
  /** Such as the learning rate, as `initialHyperparameters` gives them; they stay as they are. Without them, the optimizer's own numbers. */
  readonly hyperparameters?: NamedTensors;
}

/** The slots an optimizer starts from. */
export function initialSlots(optimizer: Optimizer, params: NamedTensors): Slots {
  return mapValues(params, (p) => mapValues(optimizer.slots, (value) => full(p.shape, value, { dtype: p.dtype })));
}

/** One step of the optimizer for every parameter that has a gradient. */
export function updateTree(optimizer: Optimizer, { params, slots, step, hyperparameters }: Update, grads: NamedTensors): Update {
  const prepared = optimizer.prepare?.(grads) ?? grads;
  const done = step.cast("f32");
  const t = done.add(1);
  const lr = rateOf(optimizer, hyperparameters, done);
  const updates = mapValues(params, (p, name) => {
    const g = prepared[name];
    return g === undefined ? { param: p, slots: slots[name] ?? {} } : optimizer.step(p, g, slots[name] ?? {}, t, lr);
  });
  return {
    params: mapValues(updates, ({ param }) => param),
    slots: mapValues(updates, (update) => update.slots),
    step: step.add(1),
    ...(hyperparameters === undefined ? {} : { hyperparameters }),
  };
}

function mapValues<T, U>(record: Readonly<Record<string, T>>, f: (value: T, name: string) => U): Record<string, U> {
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [name, f(value, name)]));
}

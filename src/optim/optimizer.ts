import type { Tensor } from "../tensor/tensor.ts";

/** Tensors by name: parameters, gradients, layer state. */
export type NamedTensors = Readonly<Record<string, Tensor>>;

/** A learning rate for each step: a scalar from the number of updates done before this one (a float scalar, 0 at first). */
export type Schedule = (step: Tensor) => Tensor;

export interface OptimizerUpdate<Slot extends string = string> {
  readonly param: Tensor;
  readonly slots: Readonly<Record<Slot, Tensor>>;
}

/** One parameter's update, as a pure function of tensors. `updateTree` maps it over a model; the compiler fuses what comes out. */
export interface Optimizer<Slot extends string = string> {
  /** What it is called where it is chosen by name. */
  readonly kind: string;
  /** Everything needed to build this optimizer again, as data. */
  readonly options: object;
  /** A number, or a function of the step. */
  readonly learningRate: number | Schedule;
  /** What is remembered for each parameter, in its shape, with the value it starts from. */
  readonly slots: Readonly<Record<Slot, number>>;
  /** `p` after one step against the gradient `g`; `t` counts steps from 1 and `lr` is this step's rate, both float scalars. */
  step(p: Tensor, g: Tensor, slots: Readonly<Record<Slot, Tensor>>, t: Tensor, lr: Tensor): OptimizerUpdate<Slot>;
  /** What happens to all gradients together before the step, such as clipping by their common norm. */
  readonly prepare?: (grads: NamedTensors) => NamedTensors;
}

/** Whether a value is an optimizer, not the name of one or a factory. */
export const isOptimizer = (value: unknown): value is Optimizer =>
  typeof value === "object" && value !== null && "slots" in value && "step" in value;

export interface LearningRateOption {
  /** A number, or a schedule that gives one for each step. */
  readonly learningRate?: number | Schedule;
}

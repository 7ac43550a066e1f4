import type { Choice, Described } from "../core/described.ts";
import { chosen, registryOf } from "../core/described.ts";
import type { Tensor } from "../tensor/tensor.ts";

/** What the values of a variable are brought to after each update. */
export interface Constraint extends Described {
  /** The nearest allowed values, in the same shape. */
  apply(x: Tensor): Tensor;
}

/** All constraints by name, as functions from their options. */
export const constraints = {} as const;
export type ConstraintName = keyof typeof constraints;
export const constraintRegistry = registryOf<Constraint>("constraint", constraints);

export const constraintOf = (where: string, choice: Choice<Constraint> | undefined): Constraint | undefined =>
  choice === undefined ? undefined : chosen<Constraint>(where, choice, constraintRegistry);

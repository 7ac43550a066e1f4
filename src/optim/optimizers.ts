import { refuse } from "../core/checks.ts";
import type { Builders } from "../core/described.ts";
import { builderOf, registryOf } from "../core/described.ts";
import { adadelta } from "./adadelta.ts";
import { adagrad } from "./adagrad.ts";
import { adam } from "./adam.ts";
import { adamW } from "./adam-w.ts";
import { adamax } from "./adamax.ts";
import type { Optimizer } from "./optimizer.ts";
import { isOptimizer } from "./optimizer.ts";
import { rmsprop } from "./rmsprop.ts";
import { sgd } from "./sgd.ts";

/** All optimizers by name, as functions from their options. */
export const optimizers = { sgd, adam, adamW, adamax, rmsprop, adagrad, adadelta } as const;

export const optimizerRegistry = registryOf<Optimizer>("optimizer", optimizers as Builders<Optimizer>);

/** The names that stand for an optimizer with its defaults. */
export type OptimizerName = keyof typeof optimizers;

/**
 * An optimizer, or the one of this name with its defaults.
 *
 * @throws GradsmithError "option" for an unknown name, with the nearest, and for anything else.
 */
export function optimizerOf(where: string, choice: OptimizerName | Optimizer): Optimizer {
  if (typeof choice === "string") return builderOf(where, optimizerRegistry, choice)();
  return isOptimizer(choice) ? choice : refuse(where, "optimizer", choice, "Write adam(), or the name of one.");
}

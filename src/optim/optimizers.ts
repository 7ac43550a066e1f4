import { choose, refuse } from "../core/checks.ts";
import { adadelta } from "./adadelta.ts";
import { adagrad } from "./adagrad.ts";
import { adam } from "./adam.ts";
import { adamW } from "./adam-w.ts";
import { adamax } from "./adamax.ts";
import type { Optimizer } from "./optimizer.ts";
import { rmsprop } from "./rmsprop.ts";
import { sgd } from "./sgd.ts";

/** All optimizers by name. */
export const optimizers = { sgd, adam, adamW, adamax, rmsprop, adagrad, adadelta } as const;

/** An optimizer, or the one of this name with its defaults. */
export function optimizerOf(where: string, choice: string | Optimizer): Optimizer {
  if (typeof choice === "string") return choose<() => Optimizer>(where, "optimizer", choice, optimizers)();
  if (typeof choice === "object" && choice !== null && "slots" in choice) return choice;
  return refuse(where, "optimizer", choice, "Write adam(), or the name of one.");
}

import type { Choice } from "../../core/described.ts";
import { chosen, registryOf } from "../../core/described.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { refuseOldName, withOldNames } from "../legacy.ts";
import { binaryCrossentropy } from "./binary-crossentropy.ts";
import { categoricalCrossentropy } from "./categorical-crossentropy.ts";
import { cosineSimilarity } from "./cosine-similarity.ts";
import { customLoss } from "./custom-loss.ts";
import { hinge, squaredHinge } from "./hinge.ts";
import { huber } from "./huber.ts";
import { klDivergence } from "./kl-divergence.ts";
import { logCosh } from "./log-cosh.ts";
import type { Loss, LossFunction } from "./loss.ts";
import { mae } from "./mae.ts";
import { mape } from "./mape.ts";
import { mse } from "./mse.ts";
import { msle } from "./msle.ts";
import { poisson } from "./poisson.ts";
import { sparseCategoricalCrossentropy } from "./sparse-categorical-crossentropy.ts";

/**
 * All losses by name, as functions from their options: for `loss` of `compile`. Keras's long names and its short ones are both known.
 *
 * @example model.compile({ loss: losses.binaryCrossentropy({ fromLogits: true, labelSmoothing: 0.1 }) });
 */
export const losses = withOldNames("losses", "loss", {
  mse: mse.with,
  meanSquaredError: mse.with,
  mae: mae.with,
  meanAbsoluteError: mae.with,
  mape: mape.with,
  meanAbsolutePercentageError: mape.with,
  msle: msle.with,
  meanSquaredLogarithmicError: msle.with,
  bce: binaryCrossentropy.with,
  binaryCrossentropy: binaryCrossentropy.with,
  cce: categoricalCrossentropy.with,
  categoricalCrossentropy: categoricalCrossentropy.with,
  sparseCategoricalCrossentropy: sparseCategoricalCrossentropy.with,
  huber: huber.with,
  logCosh: logCosh.with,
  hinge: hinge.with,
  squaredHinge: squaredHinge.with,
  klDivergence: klDivergence.with,
  poisson: poisson.with,
  cosineSimilarity: cosineSimilarity.with,
} as const);

/** The names that stand for a loss with its defaults. */
export type LossName = keyof typeof losses;
/** What users may give for a loss: a name, a name with options, one of `losses`, or a function from target and prediction to losses or their mean. */
export type LossChoice = Choice<Loss, LossName> | Formula;
type Formula = (target: Tensor, prediction: Tensor) => Tensor;

export const lossRegistry = registryOf<Loss>("loss", losses);

export function lossOf(where: string, choice: Choice<Loss> | Formula): Loss {
  if (typeof choice === "function") return isOwn(choice) ? choice.with() : customLoss(choice);
  refuseOldName(where, "loss", choice);
  return chosen<Loss>(where, choice, lossRegistry);
}

const isOwn = (choice: Formula): choice is LossFunction<object> => "with" in choice;

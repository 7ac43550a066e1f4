import type { Tensor } from "../../tensor/tensor.ts";
import type { SavedForm } from "../described.ts";
import { chosen, custom } from "../described.ts";
import { binaryCrossentropy } from "./binary-crossentropy.ts";
import { categoricalCrossentropy } from "./categorical-crossentropy.ts";
import { cosineSimilarity } from "./cosine-similarity.ts";
import { hinge, squaredHinge } from "./hinge.ts";
import { huber } from "./huber.ts";
import { kullbackLeibler } from "./kullback-leibler.ts";
import { logCosh } from "./log-cosh.ts";
import type { Loss } from "./loss.ts";
import { mae } from "./mae.ts";
import { mape } from "./mape.ts";
import { mse } from "./mse.ts";
import { msle } from "./msle.ts";
import { poisson } from "./poisson.ts";
import { sparseCategoricalCrossentropy } from "./sparse-categorical-crossentropy.ts";

/** What users may give for a loss: a name, a name with options, a loss, or a function from target and prediction to losses or their mean. */
export type LossChoice = SavedForm | Loss | ((target: Tensor, prediction: Tensor) => Tensor);

/** All losses by name; Keras's long names too. */
export const losses = {
  mse: mse.with,
  meanSquaredError: mse.with,
  mae: mae.with,
  meanAbsoluteError: mae.with,
  mape: mape.with,
  meanAbsolutePercentageError: mape.with,
  msle: msle.with,
  meanSquaredLogarithmicError: msle.with,
  binaryCrossentropy: binaryCrossentropy.with,
  categoricalCrossentropy: categoricalCrossentropy.with,
  sparseCategoricalCrossentropy: sparseCategoricalCrossentropy.with,
  huber: huber.with,
  logCosh: logCosh.with,
  hinge: hinge.with,
  squaredHinge: squaredHinge.with,
  kullbackLeibler: kullbackLeibler.with,
  poisson: poisson.with,
  cosineSimilarity: cosineSimilarity.with,
} as const;

export function lossOf(where: string, choice: LossChoice): Loss {
  if (typeof choice !== "function") return chosen<Loss>(where, "loss", choice, losses);
  if ("with" in choice) return (choice.with as () => Loss)();
  return { kind: custom, options: {}, targets: "values", perSample: choice };
}

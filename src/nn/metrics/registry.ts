import type { Choice } from "../../core/described.ts";
import { chosen, custom, registryOf } from "../../core/described.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { refuseOldName } from "../legacy.ts";
import { binaryCrossentropy } from "../losses/binary-crossentropy.ts";
import { categoricalCrossentropy } from "../losses/categorical-crossentropy.ts";
import { checked } from "../losses/custom-loss.ts";
import { hinge, squaredHinge } from "../losses/hinge.ts";
import { huber } from "../losses/huber.ts";
import { klDivergence } from "../losses/kl-divergence.ts";
import { logCosh } from "../losses/log-cosh.ts";
import { mae } from "../losses/mae.ts";
import { mape } from "../losses/mape.ts";
import { mse } from "../losses/mse.ts";
import { msle } from "../losses/msle.ts";
import { poisson } from "../losses/poisson.ts";
import { sparseCategoricalCrossentropy } from "../losses/sparse-categorical-crossentropy.ts";
import { accuracy, binaryAccuracy, categoricalAccuracy, sparseCategoricalAccuracy } from "./accuracy.ts";
import { auc } from "./auc.ts";
import { precision, recall } from "./confusion.ts";
import type { Metric } from "./metric.ts";
import { meanMetric } from "./metric.ts";
import { ofLoss } from "./of-loss.ts";
import { rmse } from "./rmse.ts";
import { sparseTopKCategoricalAccuracy, topKCategoricalAccuracy } from "./top-k.ts";

/** The same metrics by another name. */
const called =
  <Name extends string, Options>(name: Name, make: (options?: Options) => Metric) =>
  (options?: Options): Metric<Name> =>
    renamed(make(options), name);

/**
 * All metrics by name, as functions from their options: for `metrics` of `compile`. Keras's long names and its short ones are both known, and
 * losses may be measured too. Formulas are Keras's; a metric is a mean over all samples, whatever their batches.
 *
 * @example model.compile({ loss: "binaryCrossentropy", metrics: ["accuracy", metrics.auc({ curve: "PR" })] });
 */
export const metrics = {
  accuracy,
  acc: called("acc", accuracy),
  binaryAccuracy,
  categoricalAccuracy,
  sparseCategoricalAccuracy,
  topKCategoricalAccuracy,
  sparseTopKCategoricalAccuracy,
  auc,
  precision,
  recall,
  rmse,
  rootMeanSquaredError: called("rootMeanSquaredError", rmse),
  mse: ofLoss("mse", mse),
  meanSquaredError: ofLoss("meanSquaredError", mse),
  mae: ofLoss("mae", mae),
  meanAbsoluteError: ofLoss("meanAbsoluteError", mae),
  mape: ofLoss("mape", mape),
  meanAbsolutePercentageError: ofLoss("meanAbsolutePercentageError", mape),
  msle: ofLoss("msle", msle),
  meanSquaredLogarithmicError: ofLoss("meanSquaredLogarithmicError", msle),
  bce: ofLoss("bce", binaryCrossentropy),
  binaryCrossentropy: ofLoss("binaryCrossentropy", binaryCrossentropy),
  cce: ofLoss("cce", categoricalCrossentropy),
  categoricalCrossentropy: ofLoss("categoricalCrossentropy", categoricalCrossentropy),
  sparseCategoricalCrossentropy: ofLoss("sparseCategoricalCrossentropy", sparseCategoricalCrossentropy),
  klDivergence: ofLoss("klDivergence", klDivergence),
  poisson: ofLoss("poisson", poisson),
  huber: ofLoss("huber", huber),
  logCosh: ofLoss("logCosh", logCosh),
  hinge: ofLoss("hinge", hinge),
  squaredHinge: ofLoss("squaredHinge", squaredHinge),
} as const;

/** The names that stand for a metric with its defaults. */
export type MetricName = keyof typeof metrics;
/** What users may give for a metric: a name, a name with options, one of `metrics`, one of their own, or a function from target and prediction. */
export type MetricChoice = Choice<Metric, MetricName> | Formula;
type Formula = (target: Tensor, prediction: Tensor) => Tensor;

export const metricRegistry = registryOf<Metric>("metric", metrics);

/** The metric a user chose. One chosen by a name goes by that name in logs. */
export function metricOf(where: string, choice: Choice<Metric> | Formula): Metric {
  if (typeof choice === "function") return isFactory(choice) ? choice() : customMetric(choice);
  refuseOldName(where, "loss", choice);
  const metric = chosen<Metric>(where, choice, metricRegistry);
  const name = typeof choice === "string" ? choice : Array.isArray(choice) ? (choice[0] as string) : metric.name;
  return name === metric.name ? metric : renamed(metric, name);
}

const isFactory = (choice: unknown): choice is () => Metric => Object.values<unknown>(metrics).includes(choice);

/** The mean of what a function of target and prediction gives, under its name. */
const customMetric = (f: Formula): Metric =>
  renamed(
    meanMetric(custom, { perSample: (target, prediction) => checked(f(target, prediction), target, prediction, "metric") }),
    f.name === "" ? custom : f.name,
  );

/** Written out, since a metric may be of a class of its own. */
const renamed = <Name extends string>(metric: Metric, name: Name): Metric<Name> => ({
  kind: metric.kind,
  options: metric.options,
  name,
  ...(metric.takes && { takes: metric.takes }),
  init: () => metric.init(),
  update: (state, target, prediction, options) => metric.update(state, target, prediction, options),
  result: (state) => metric.result(state),
});

import type { Choice } from "../described.ts";
import { chosen } from "../described.ts";
import { accuracy, binaryAccuracy, categoricalAccuracy, sparseCategoricalAccuracy } from "./accuracy.ts";
import { auc } from "./auc.ts";
import { precision, recall } from "./confusion.ts";
import { mae, mse, rmse } from "./errors.ts";
import type { Metric } from "./metric.ts";
import { sparseTopKCategoricalAccuracy, topKCategoricalAccuracy } from "./top-k.ts";

/** All metrics by name, as functions from their options. */
export const metrics = {
  accuracy,
  binaryAccuracy,
  categoricalAccuracy,
  sparseCategoricalAccuracy,
  topKCategoricalAccuracy,
  sparseTopKCategoricalAccuracy,
  mse,
  mae,
  rmse,
  auc,
  precision,
  recall,
} as const;

export const metricOf = (where: string, choice: Choice<Metric>): Metric => chosen<Metric>(where, "metric", choice, metrics);

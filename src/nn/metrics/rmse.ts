import { checkOptions } from "../../core/options.ts";
import { mse } from "../losses/mse.ts";
import type { NoOptions } from "../no-options.ts";
import type { Metric } from "./metric.ts";
import { meanMetric } from "./metric.ts";

/**
 * √ mean (target − prediction)², over all samples and not batch by batch.
 *
 * @example model.compile({ loss: "mse", metrics: ["rmse"] });
 */
export const rmse = (options: NoOptions = {}): Metric<"rmse"> =>
  meanMetric("rmse", { options: checkOptions("rmse", options, {}), perSample: mse.with().perSample, finish: Math.sqrt });

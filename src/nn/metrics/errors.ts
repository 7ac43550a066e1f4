import type { Tensor } from "../../tensor/tensor.ts";
import { aligned } from "../losses/loss.ts";
import type { Metric } from "./metric.ts";
import { meanMetric } from "./metric.ts";

/** mean (target − prediction)² */
export const mse = (): Metric => meanMetric("mse", { perSample: squared });
/** √ mean (target − prediction)² */
export const rmse = (): Metric => meanMetric("rmse", { perSample: squared, finish: Math.sqrt });
/** mean |target − prediction| */
export const mae = (): Metric =>
  meanMetric("mae", { perSample: (target, prediction) => prediction.sub(aligned(target, prediction)).abs().mean({ axis: -1 }) });

const squared = (target: Tensor, prediction: Tensor): Tensor => prediction.sub(aligned(target, prediction)).square().mean({ axis: -1 });

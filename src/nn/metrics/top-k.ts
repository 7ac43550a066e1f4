import { positiveInteger } from "../../core/checks.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { aligned, isLabelled, labels } from "../losses/loss.ts";
import type { Metric } from "./metric.ts";
import { meanMetric } from "./metric.ts";

export interface TopKOptions {
  readonly k?: number;
}

/** The share of samples whose one-hot target is among the k largest predictions. */
export const topKCategoricalAccuracy = ({ k = 5 }: TopKOptions = {}): Metric =>
  topK("topKCategoricalAccuracy", k, (target, prediction) => aligned(target, prediction).argmax({ axis: -1 }));

/** The share of samples whose label is among the k largest predictions. */
export const sparseTopKCategoricalAccuracy = ({ k = 5 }: TopKOptions = {}): Metric => topK("sparseTopKCategoricalAccuracy", k, labels);

function topK(kind: string, k: number, labelOf: (target: Tensor, prediction: Tensor) => Tensor): Metric {
  positiveInteger(kind, "k", k);
  return meanMetric(kind, {
    options: { k },
    perSample(target, prediction) {
      const score = isLabelled(labelOf(target, prediction), prediction).where(prediction, 0).sum({ axis: -1, keepDims: true });
      return prediction.greater(score).cast("f32").sum({ axis: -1 }).less(k);
    },
  });
}

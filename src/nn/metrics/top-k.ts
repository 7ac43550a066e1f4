import { positiveInteger } from "../../core/checks.ts";
import { checkOptions } from "../../core/options.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { aligned, isLabelled, labels } from "../losses/loss.ts";
import type { Metric } from "./metric.ts";
import { meanMetric } from "./metric.ts";

/** The options of the top-k accuracies. */
export interface TopKOptions {
  /** Among how many of the largest; 5 by default. */
  readonly k?: number | undefined;
}

/**
 * The share of samples whose one-hot target is among the k largest predictions [batch, ..., classes].
 *
 * @example model.compile({ loss: "categoricalCrossentropy", metrics: [metrics.topKCategoricalAccuracy({ k: 3 })] });
 * @throws GradsmithError "option" for a k that is no positive integer.
 */
export const topKCategoricalAccuracy = (options: TopKOptions = {}): Metric<"topKCategoricalAccuracy"> =>
  topK("topKCategoricalAccuracy", options, (target, prediction) => aligned(target, prediction).argmax({ axis: -1 }));

/**
 * The share of samples whose label [batch, ...] is among the k largest predictions [batch, ..., classes].
 *
 * @example model.compile({ loss: "sparseCategoricalCrossentropy", metrics: [metrics.sparseTopKCategoricalAccuracy({ k: 3 })] });
 * @throws GradsmithError "option" for a k that is no positive integer.
 */
export const sparseTopKCategoricalAccuracy = (options: TopKOptions = {}): Metric<"sparseTopKCategoricalAccuracy"> =>
  topK("sparseTopKCategoricalAccuracy", options, labels);

function topK<Name extends string>(
  kind: Name,
  options: TopKOptions,
  labelOf: (target: Tensor, prediction: Tensor) => Tensor,
): Metric<Name> {
  const { k = 5 } = checkOptions(kind, options, { k: positiveInteger });
  return meanMetric(kind, {
    options,
    perSample(target, prediction) {
      const score = isLabelled(labelOf(target, prediction), prediction).where(prediction, 0).sum({ axis: -1, keepDims: true });
      // Nothing is greater than NaN, which is no reason to count it as right.
      const isNumber = score.isNaN().not().squeeze(-1);
      return prediction.greater(score).cast("f32").sum({ axis: -1 }).less(k).and(isNumber);
    },
  });
}

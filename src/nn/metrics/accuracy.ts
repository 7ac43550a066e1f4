import { between } from "../../core/checks.ts";
import { checkOptions } from "../../core/options.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { aligned, labels } from "../losses/loss.ts";
import type { NoOptions } from "../no-options.ts";
import type { ThresholdOptions } from "./confusion.ts";
import type { Metric } from "./metric.ts";
import { meanMetric } from "./metric.ts";

/**
 * The share of predictions that are right: binary, categorical or sparse categorical, whichever the shapes say, as in Keras.
 *
 * @example model.compile({ loss: "binaryCrossentropy", metrics: ["accuracy"] });
 */
export const accuracy = (options: NoOptions = {}): Metric<"accuracy"> =>
  meanMetric("accuracy", { options: checkOptions("accuracy", options, {}), perSample: isRight, takes: "probabilities" });

/**
 * The share of values on the target's side of the threshold, 0.5 by default; targets are 0 or 1 in the prediction's shape.
 *
 * @example model.compile({ loss: "binaryCrossentropy", metrics: [metrics.binaryAccuracy({ threshold: 0.7 })] });
 * @throws GradsmithError "option" for a threshold below 0 or above 1.
 */
export function binaryAccuracy(options: ThresholdOptions = {}): Metric<"binaryAccuracy"> {
  const { threshold = 0.5 } = checkOptions("binaryAccuracy", options, { threshold: between(0, 1) });
  return meanMetric("binaryAccuracy", {
    options,
    perSample: (target, prediction) => onSameSide(target, prediction, threshold),
    takes: "probabilities",
  });
}

/**
 * The share of samples whose largest prediction [batch, ..., classes] is where the one-hot target's 1 is.
 *
 * @example model.compile({ loss: "categoricalCrossentropy", metrics: ["categoricalAccuracy"] });
 */
export const categoricalAccuracy = (options: NoOptions = {}): Metric<"categoricalAccuracy"> =>
  meanMetric("categoricalAccuracy", { options: checkOptions("categoricalAccuracy", options, {}), perSample: sameMaximum });

/**
 * The share of samples whose largest prediction [batch, ..., classes] is at the label [batch, ...].
 *
 * @example model.compile({ loss: "sparseCategoricalCrossentropy", metrics: ["sparseCategoricalAccuracy"] });
 */
export const sparseCategoricalAccuracy = (options: NoOptions = {}): Metric<"sparseCategoricalAccuracy"> =>
  meanMetric("sparseCategoricalAccuracy", { options: checkOptions("sparseCategoricalAccuracy", options, {}), perSample: maximumAtLabel });

function isRight(target: Tensor, prediction: Tensor): Tensor {
  const last = prediction.shape[prediction.rank - 1];
  if (last === 1) return onSameSide(target, prediction, 0.5);
  return target.rank < prediction.rank || target.shape[target.rank - 1] === 1
    ? maximumAtLabel(target, prediction)
    : sameMaximum(target, prediction);
}

const onSameSide = (target: Tensor, prediction: Tensor, threshold: number): Tensor =>
  prediction.greater(threshold).cast(prediction.dtype).equal(aligned(target, prediction)).cast("f32").mean({ axis: -1 });
const sameMaximum = (target: Tensor, prediction: Tensor): Tensor =>
  aligned(target, prediction)
    .argmax({ axis: -1 })
    .equal(prediction.argmax({ axis: -1 }));
const maximumAtLabel = (target: Tensor, prediction: Tensor): Tensor => labels(target, prediction).equal(prediction.argmax({ axis: -1 }));

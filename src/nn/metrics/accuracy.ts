import type { Tensor } from "../../tensor/tensor.ts";
import { aligned, labels } from "../losses/loss.ts";
import type { Metric } from "./metric.ts";
import { meanMetric } from "./metric.ts";

/** The share of predictions that are right: binary, categorical or sparse categorical, whichever the shapes say, as in Keras. */
export const accuracy = (): Metric => meanMetric("accuracy", { perSample: isRight });

/** The share of values on the target's side of the threshold. */
export const binaryAccuracy = ({ threshold = 0.5 }: { readonly threshold?: number } = {}): Metric =>
  meanMetric("binaryAccuracy", { options: { threshold }, perSample: (target, prediction) => onSameSide(target, prediction, threshold) });

/** The share of samples whose largest prediction is where the one-hot target's 1 is. */
export const categoricalAccuracy = (): Metric => meanMetric("categoricalAccuracy", { perSample: sameMaximum });

/** The share of samples whose largest prediction is at the label. */
export const sparseCategoricalAccuracy = (): Metric => meanMetric("sparseCategoricalAccuracy", { perSample: maximumAtLabel });

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

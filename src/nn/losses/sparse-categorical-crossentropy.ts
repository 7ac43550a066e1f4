import type { Tensor } from "../../tensor/tensor.ts";
import { normalized } from "./categorical-crossentropy.ts";
import { defineLoss, epsilon, isLabelled, labels } from "./loss.ts";

export interface SparseCategoricalCrossentropyOptions {
  /** Predictions are logits, not probabilities. In `compile`, a last layer with softmax is seen by itself. */
  readonly fromLogits?: boolean;
}

/** The cross-entropy −log p[label] of class numbers and the probabilities p of classes along the last axis. */
export const sparseCategoricalCrossentropy = defineLoss<SparseCategoricalCrossentropyOptions>(
  "sparseCategoricalCrossentropy",
  ({ fromLogits = false }) => {
    const onProbabilities = (target: Tensor, prediction: Tensor): Tensor => {
      const p = normalized(prediction).clip(epsilon, 1 - epsilon);
      return isLabelled(labels(target, p), p).where(p.log(), 0).sum({ axis: -1 }).neg();
    };
    if (fromLogits) return { targets: "labels", perSample: fromLabelsAndLogits };
    return { targets: "labels", perSample: onProbabilities, onLogits: { distribution: "categorical", perSample: fromLabelsAndLogits } };
  },
);

/** log Σ exp(z) − z[label], shifted by the largest logit; the shift cancels in value and gradient, so it is a constant. */
export function fromLabelsAndLogits(target: Tensor, logits: Tensor): Tensor {
  const z = logits.sub(logits.max({ axis: -1, keepDims: true }).stopGradient());
  const chosen = isLabelled(labels(target, z), z).where(z, 0).sum({ axis: -1 });
  return z.exp().sum({ axis: -1 }).log().sub(chosen);
}

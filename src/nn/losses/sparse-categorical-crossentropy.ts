import { flag } from "../../core/checks.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { normalized } from "./categorical-crossentropy.ts";
import { defineLoss, epsilon, isLabelled, labels } from "./loss.ts";

/** The options of `sparseCategoricalCrossentropy`. */
export interface SparseCategoricalCrossentropyOptions {
  /** Whether predictions are logits; false by default: probabilities. Those of a last layer with softmax carry their logits by themselves. */
  readonly fromLogits?: boolean | undefined;
}

/**
 * The cross-entropy −log p[label] of class numbers [batch, ...] and the probabilities p [batch, ..., classes], mean over the batch.
 *
 * @example model.compile({ loss: losses.sparseCategoricalCrossentropy({ fromLogits: true }) });
 * @throws GradsmithError "shape" for labels that don't match, "usage" for one that gradients go to.
 */
export const sparseCategoricalCrossentropy = defineLoss<SparseCategoricalCrossentropyOptions>(
  "sparseCategoricalCrossentropy",
  ({ fromLogits = false }) => {
    const onProbabilities = (target: Tensor, prediction: Tensor): Tensor => {
      const p = normalized(prediction).clip(epsilon, 1 - epsilon);
      return isLabelled(labels(target, p), p).where(p.log(), 0).sum({ axis: -1 }).neg();
    };
    if (fromLogits) return { targets: "labels", perSample: fromLabelsAndLogits, takesLogits: "categorical" };
    return { targets: "labels", perSample: onProbabilities, onLogits: { distribution: "categorical", perSample: fromLabelsAndLogits } };
  },
  { fromLogits: flag },
);

/** log Σ exp(z) − z[label], shifted by the largest logit; the shift cancels in value and gradient, so it is a constant. */
function fromLabelsAndLogits(target: Tensor, logits: Tensor): Tensor {
  const z = logits.sub(logits.max({ axis: -1, keepDims: true }).stopGradient());
  const chosen = isLabelled(labels(target, z), z).where(z, 0).sum({ axis: -1 });
  return z.exp().sum({ axis: -1 }).log().sub(chosen);
}

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
      return ofLabel(target, p.log()).neg();
    };
    if (fromLogits) return { targets: "labels", perSample: fromLabelsAndLogits, takesLogits: "categorical" };
    return { targets: "labels", perSample: onProbabilities, onLogits: { distribution: "categorical", perSample: fromLabelsAndLogits } };
  },
  { fromLogits: flag },
);

/** log Σ exp(z) − z[label], shifted by the largest logit; the shift cancels in value and gradient, so it is a constant. */
function fromLabelsAndLogits(target: Tensor, logits: Tensor): Tensor {
  const z = logits.sub(logits.max({ axis: -1, keepDims: true }).stopGradient());
  return z.exp().sum({ axis: -1 }).log().sub(ofLabel(target, z));
}

/**
 * What the label's class has along the last axis. NaN where the label is none of the classes: there is no right answer, and a number would look
 * like one.
 */
function ofLabel(target: Tensor, values: Tensor): Tensor {
  const label = labels(target, values);
  const isClass = label.bitcast("u32").less(values.shape[values.rank - 1]!);
  return isLabelled(label, values).where(values, isClass.expandDims(-1).where(0, Number.NaN)).sum({ axis: -1 });
}

import { within } from "../../core/checks.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { aligned, defineLoss, epsilon } from "./loss.ts";

export interface BinaryCrossentropyOptions {
  /** Predictions are logits, not probabilities. In `compile`, a last layer with sigmoid is seen by itself. */
  readonly fromLogits?: boolean;
  /** How much targets are drawn towards 1/2. */
  readonly labelSmoothing?: number;
}

/**
 * The cross-entropy of yes-or-no targets t and probabilities p, mean over the last axis.
 *
 *     −(t·log p + (1 − t)·log(1 − p)) = max(z, 0) − z·t + log(1 + exp(−|z|))   with logits z
 */
export const binaryCrossentropy = defineLoss<BinaryCrossentropyOptions>(
  "binaryCrossentropy",
  ({ fromLogits = false, labelSmoothing = 0 }) => {
    within("binaryCrossentropy", "labelSmoothing", labelSmoothing, 0, 1);
    const smooth = (target: Tensor): Tensor => (labelSmoothing === 0 ? target : target.mul(1 - labelSmoothing).add(labelSmoothing / 2));
    const onLogits = (target: Tensor, z: Tensor): Tensor => {
      const t = smooth(aligned(target, z));
      // maximum and not relu: its gradient of 1/2 at 0 makes the sum's gradient sigmoid(z) − t there too.
      return z.maximum(0).sub(z.mul(t)).add(z.abs().neg().exp().log1p()).mean({ axis: -1 });
    };
    const onProbabilities = (target: Tensor, prediction: Tensor): Tensor => {
      const t = smooth(aligned(target, prediction));
      const p = prediction.clip(epsilon, 1 - epsilon);
      return t
        .mul(p.log())
        .add(t.neg().add(1).mul(p.neg().add(1).log()))
        .mean({ axis: -1 })
        .neg();
    };
    const common = { targets: "values", targetsAreProbabilities: true } as const;
    if (fromLogits) return { ...common, perSample: onLogits };
    return { ...common, perSample: onProbabilities, onLogits: { distribution: "bernoulli", perSample: onLogits } };
  },
);

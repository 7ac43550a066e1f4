import { between, flag } from "../../core/checks.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { aligned, defineLoss, epsilon } from "./loss.ts";

/** The options of `categoricalCrossentropy`. */
export interface CategoricalCrossentropyOptions {
  /** Whether predictions are logits; false by default: probabilities. Those of a last layer with softmax carry their logits by themselves. */
  readonly fromLogits?: boolean | undefined;
  /** How much targets are drawn towards equal shares, from 0, the default, to 1. */
  readonly labelSmoothing?: number | undefined;
}

/**
 * The cross-entropy −Σ t·log p over the last axis, of one-hot targets t (or any shares of 1) and the probabilities p of classes, mean over the
 * batch. For class numbers there is `sparseCategoricalCrossentropy`.
 *
 * @example model.compile({ loss: losses.categoricalCrossentropy({ labelSmoothing: 0.1 }) });
 * @throws GradsmithError "shape" for targets that don't match, "usage" for one that gradients go to.
 */
export const categoricalCrossentropy = defineLoss<CategoricalCrossentropyOptions>(
  "categoricalCrossentropy",
  ({ fromLogits = false, labelSmoothing = 0 }) => {
    const shares = (target: Tensor, prediction: Tensor): Tensor => {
      const t = aligned(target, prediction);
      return labelSmoothing === 0 ? t : t.mul(1 - labelSmoothing).add(labelSmoothing / t.shape[t.rank - 1]!);
    };
    const onLogits = (target: Tensor, z: Tensor): Tensor => {
      const t = shares(target, z);
      // A class without a share costs nothing, however unlikely it is: 0 · -Infinity is NaN.
      return t.equal(0).where(0, t.mul(z.logSoftmax())).sum({ axis: -1 }).neg();
    };
    const onProbabilities = (target: Tensor, prediction: Tensor): Tensor => {
      const p = normalized(prediction).clip(epsilon, 1 - epsilon);
      return shares(target, p).mul(p.log()).sum({ axis: -1 }).neg();
    };
    const common = { targets: "values", targetsAreProbabilities: true } as const;
    if (fromLogits) return { ...common, perSample: onLogits, takesLogits: "categorical" };
    return { ...common, perSample: onProbabilities, onLogits: { distribution: "categorical", perSample: onLogits } };
  },
  { fromLogits: flag, labelSmoothing: between(0, 1) },
);

/** Probabilities that add up to 1, as Keras makes sure of. */
export const normalized = (p: Tensor): Tensor => p.div(p.sum({ axis: -1, keepDims: true }));

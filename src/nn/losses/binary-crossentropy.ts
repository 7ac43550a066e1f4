import { between, flag } from "../../core/checks.ts";
import { sigmoidCrossEntropy } from "../../tensor/ops/binary.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { aligned, defineLoss, epsilon } from "./loss.ts";

/** The options of `binaryCrossentropy`. */
export interface BinaryCrossentropyOptions {
  /** Whether predictions are logits; false by default: probabilities. Those of a last layer with sigmoid carry their logits by themselves. */
  readonly fromLogits?: boolean | undefined;
  /** How much targets are drawn towards 1/2, from 0, the default, to 1. */
  readonly labelSmoothing?: number | undefined;
}

/**
 * The cross-entropy of yes-or-no targets t and probabilities p of the same shape, mean over the last axis, then over the batch.
 *
 *     −(t·log p + (1 − t)·log(1 − p)) = max(z, 0) − z·t + log(1 + exp(−|z|))   with logits z
 *
 * Probabilities are kept within 1e-7 and 1 − 1e-7, as in Keras.
 *
 * @example model.compile({ loss: losses.binaryCrossentropy({ fromLogits: true }) });
 * @throws GradsmithError "shape" for targets that don't match, "usage" for one that gradients go to.
 */
export const binaryCrossentropy = defineLoss<BinaryCrossentropyOptions>(
  "binaryCrossentropy",
  ({ fromLogits = false, labelSmoothing = 0 }) => {
    const smooth = (target: Tensor): Tensor => (labelSmoothing === 0 ? target : target.mul(1 - labelSmoothing).add(labelSmoothing / 2));
    const onLogits = (target: Tensor, z: Tensor): Tensor => {
      const t = smooth(aligned(target, z));
      return z.record(sigmoidCrossEntropy, undefined, t).mean({ axis: -1 });
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
    if (fromLogits) return { ...common, perSample: onLogits, takesLogits: "bernoulli" };
    return { ...common, perSample: onProbabilities, onLogits: { distribution: "bernoulli", perSample: onLogits } };
  },
  { fromLogits: flag, labelSmoothing: between(0, 1) },
);

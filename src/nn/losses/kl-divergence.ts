import { GradsmithError } from "../../core/errors.ts";
import { aligned, defineLoss, epsilon } from "./loss.ts";

/**
 * Kullback and Leibler's divergence Σ p·log(p / q) over the last axis, with p the target and q the prediction, both kept within 1e-7 and 1; mean
 * over the batch.
 *
 * @example model.compile({ loss: "klDivergence" });
 * @throws GradsmithError "shape" for targets that don't match, "usage" for one that gradients go to.
 */
export const klDivergence = defineLoss(
  "klDivergence",
  () => ({
    targets: "values",
    perSample(target, prediction) {
      const p = aligned(target, prediction).clip(epsilon, 1);
      return p.mul(p.div(prediction.clip(epsilon, 1)).log()).sum({ axis: -1 });
    },
  }),
  {},
);

/**
 * The old name of `klDivergence`.
 *
 * @throws GradsmithError "usage", always.
 */
export function kullbackLeibler(..._: readonly unknown[]): never {
  throw new GradsmithError("usage", "kullbackLeibler", "is called klDivergence here.", "Write klDivergence(target, prediction).");
}

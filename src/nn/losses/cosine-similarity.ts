import type { Tensor } from "../../tensor/tensor.ts";
import { aligned, defineLoss } from "./loss.ts";

/**
 * −cos of the angle between target and prediction along the last axis, mean over the batch: −1 where they agree.
 *
 * @example cosineSimilarity(embeddingOfText, embeddingOfImage)
 * @throws GradsmithError "shape" for targets that don't match, "usage" for one that gradients go to.
 */
export const cosineSimilarity = defineLoss(
  "cosineSimilarity",
  () => ({
    targets: "values",
    perSample: (target, prediction) => unit(aligned(target, prediction)).mul(unit(prediction)).sum({ axis: -1 }).neg(),
  }),
  {},
);

/** x / √max(Σx², 1e-7²), as Keras guards it against the zero vector. */
const unit = (x: Tensor): Tensor => x.mul(x.square().sum({ axis: -1, keepDims: true }).maximum(1e-14).rsqrt());

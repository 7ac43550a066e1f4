import { sameShape } from "../../core/shape.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { categoricalCrossentropy } from "./categorical-crossentropy.ts";
import { checkOrder } from "./loss.ts";
import { sparseCategoricalCrossentropy } from "./sparse-categorical-crossentropy.ts";

/**
 * The mean cross-entropy of classes and logits [batch, ..., classes], a scalar. Targets are class numbers [batch, ...], or one-hot in the logits'
 * shape.
 *
 * @example const loss = crossEntropy(labels, model.applyWith(params, x));
 * @throws GradsmithError "shape" for targets that don't match, "usage" for one that gradients go to.
 */
export function crossEntropy(target: Tensor, logits: Tensor): Tensor {
  checkOrder("crossEntropy", target, logits);
  const loss = sameShape(target.shape, logits.shape) ? categoricalCrossentropy : sparseCategoricalCrossentropy;
  return loss(target, logits, { fromLogits: true });
}

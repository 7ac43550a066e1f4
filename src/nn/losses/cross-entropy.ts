import { sameShape } from "../../core/shape.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { categoricalCrossentropy } from "./categorical-crossentropy.ts";
import { sparseCategoricalCrossentropy } from "./sparse-categorical-crossentropy.ts";

/**
 * The mean cross-entropy of classes and logits [batch, classes], a scalar. Targets are class numbers [batch], or one-hot [batch, classes].
 *
 * @example const loss = crossEntropy(labels, model.apply(params, x));
 */
export function crossEntropy(target: Tensor, logits: Tensor): Tensor {
  const loss = sameShape(target.shape, logits.shape) ? categoricalCrossentropy : sparseCategoricalCrossentropy;
  return loss(target, logits, { fromLogits: true });
}

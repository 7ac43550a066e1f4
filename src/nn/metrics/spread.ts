import { GradsmithError } from "../../core/errors.ts";
import { sameShape, showShape } from "../../core/shape.ts";
import type { Tensor } from "../../tensor/tensor.ts";

/** Weights [batch], or of more leading axes of some values, as one f32 weight for each value. */
export function spread(where: string, weight: Tensor, values: Tensor): Tensor {
  const leading = withoutOnes(weight);
  if (!sameShape(leading.shape, values.shape.slice(0, leading.rank))) {
    throw new GradsmithError(
      "shape",
      where,
      `weights of shape ${showShape(weight.shape)} don't go with values ${showShape(values.shape)}.`,
      "Give one for each sample, or one for each of its values.",
    );
  }
  return leading
    .cast("f32")
    .reshape([...leading.shape, ...values.shape.slice(leading.rank).map(() => 1)])
    .broadcastTo(values.shape);
}

/** Weights [batch, 1] go with all values of a sample, as weights [batch] do. */
const withoutOnes = (weight: Tensor): Tensor => (weight.shape[weight.rank - 1] === 1 ? withoutOnes(weight.squeeze(-1)) : weight);

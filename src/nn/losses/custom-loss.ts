import { custom } from "../../core/described.ts";
import { GradsmithError } from "../../core/errors.ts";
import { described } from "../../core/options.ts";
import { showShape } from "../../core/shape.ts";
import { Tensor } from "../../tensor/tensor.ts";
import type { Loss } from "./loss.ts";
import { fittedTo } from "./loss.ts";

/** A function of target and prediction as a loss: targets [batch] meet predictions [batch, 1] as [batch, 1], as in the built-in ones. */
export const customLoss = (f: (target: Tensor, prediction: Tensor) => Tensor): Loss => ({
  kind: custom,
  options: {},
  targets: "values",
  perSample: (target, prediction) => checked(f(fittedTo(prediction, target), prediction), target, prediction),
});

/** One number, or numbers for each sample: otherwise something was broadcast that should not have been. */
export function checked(value: unknown, target: Tensor, prediction: Tensor, what = "loss"): Tensor {
  if (!(value instanceof Tensor))
    throw new GradsmithError(
      "usage",
      what,
      `a ${what} function gave ${described(value)}, not a tensor.`,
      "Return one number or one for each sample.",
    );
  const isPerSample = value.shape[0] === prediction.shape[0] && value.size <= prediction.size;
  if (value.rank === 0 || isPerSample) return value;
  throw new GradsmithError(
    "shape",
    what,
    `a ${what} function gave ${showShape(value.shape)} for targets ${showShape(target.shape)} and predictions ${showShape(prediction.shape)}.`,
    "Return one number, or numbers that begin with the batch and are no more than the predictions; bring target and prediction to one shape first.",
  );
}

import { positiveNumber } from "../../core/checks.ts";
import { defineLoss, meanLoss } from "./loss.ts";

/** The options of `huber`. */
export interface HuberOptions {
  /** Up to which error it is squared; 1 by default. */
  readonly delta?: number | undefined;
}

/**
 * Huber's loss (1964): mean of e²/2 where |e| ≤ delta, else delta·|e| − delta²/2, with e = target − prediction of the same shape.
 *
 * @example model.compile({ loss: losses.huber({ delta: 0.5 }) });
 * @throws GradsmithError "shape" for targets that don't match, "usage" for one that gradients go to.
 */
export const huber = defineLoss<HuberOptions>(
  "huber",
  ({ delta = 1 }) =>
    meanLoss((target, prediction) => {
      const error = prediction.sub(target);
      const size = error.abs();
      return size.lessEqual(delta).where(error.square().mul(0.5), size.mul(delta).sub(delta * delta * 0.5));
    }),
  { delta: positiveNumber },
);

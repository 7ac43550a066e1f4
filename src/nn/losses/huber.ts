import { finiteNumber } from "../../core/checks.ts";
import { defineLoss, meanLoss } from "./loss.ts";

/** Huber's loss (1964): e²/2 where |e| ≤ delta, else delta·|e| − delta²/2, with e = target − prediction; delta is 1 by default. */
export const huber = defineLoss<{ readonly delta?: number }>("huber", ({ delta = 1 }) => {
  finiteNumber("huber", "delta", delta);
  return meanLoss((target, prediction) => {
    const error = prediction.sub(target);
    const size = error.abs();
    return size.lessEqual(delta).where(error.square().mul(0.5), size.mul(delta).sub(delta * delta * 0.5));
  });
});

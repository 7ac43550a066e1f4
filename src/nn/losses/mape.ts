import { defineLoss, epsilon, meanLoss } from "./loss.ts";

/**
 * Mean absolute percentage error: 100 · mean |target − prediction| / max(|target|, 1e-7), of the same shape.
 *
 * @example model.compile({ loss: "mape" });
 * @throws GradsmithError "shape" for targets that don't match, "usage" for one that gradients go to.
 */
export const mape = defineLoss(
  "mape",
  () => meanLoss((target, prediction) => prediction.sub(target).div(target.abs().maximum(epsilon)).abs().mul(100)),
  {},
);

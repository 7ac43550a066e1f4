import { defineLoss, meanLoss } from "./loss.ts";

/**
 * Mean absolute error: mean |target − prediction|, of the same shape.
 *
 * @example mae(y, prediction), model.compile({ loss: "mae" })
 * @throws GradsmithError "shape" for targets that don't match, "usage" for one that gradients go to.
 */
export const mae = defineLoss("mae", () => meanLoss((target, prediction) => prediction.sub(target).abs()), {});

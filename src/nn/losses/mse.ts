import { defineLoss, meanLoss } from "./loss.ts";

/**
 * Mean squared error: mean (target − prediction)², of the same shape.
 *
 * @example mse(y, prediction), model.compile({ loss: "mse" })
 * @throws GradsmithError "shape" for targets that don't match, "usage" for one that gradients go to.
 */
export const mse = defineLoss("mse", () => meanLoss((target, prediction) => prediction.sub(target).square()), {});

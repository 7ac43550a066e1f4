import type { Tensor } from "../../tensor/tensor.ts";
import { defineLoss, meanLoss } from "./loss.ts";

/**
 * mean max(1 − target·prediction, 0), with targets −1 and 1 in the prediction's shape; targets 0 are taken as −1.
 *
 * @example model.compile({ loss: "hinge" });
 * @throws GradsmithError "shape" for targets that don't match, "usage" for one that gradients go to.
 */
export const hinge = defineLoss("hinge", () => meanLoss(margin), {});

/**
 * mean max(1 − target·prediction, 0)², with targets −1 and 1 in the prediction's shape; targets 0 are taken as −1.
 *
 * @example model.compile({ loss: "squaredHinge" });
 * @throws GradsmithError "shape" for targets that don't match, "usage" for one that gradients go to.
 */
export const squaredHinge = defineLoss("squaredHinge", () => meanLoss((target, prediction) => margin(target, prediction).square()), {});

const margin = (target: Tensor, prediction: Tensor): Tensor => target.equal(0).where(-1, target).mul(prediction).neg().add(1).relu();

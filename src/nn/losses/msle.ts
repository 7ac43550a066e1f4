import type { Tensor } from "../../tensor/tensor.ts";
import { defineLoss, epsilon, meanLoss } from "./loss.ts";

/**
 * Mean squared logarithmic error: mean (log(1 + target) − log(1 + prediction))², of the same shape, both kept above 0.
 *
 * @example model.compile({ loss: "msle" });
 * @throws GradsmithError "shape" for targets that don't match, "usage" for one that gradients go to.
 */
export const msle = defineLoss("msle", () => meanLoss((target, prediction) => logarithm(prediction).sub(logarithm(target)).square()), {});

const logarithm = (x: Tensor): Tensor => x.maximum(epsilon).log1p();

import { defineLoss, epsilon, meanLoss } from "./loss.ts";

/**
 * mean (prediction − target·log(prediction + 1e-7)): the negative log-likelihood of counts, without its constant.
 *
 * @example model.compile({ loss: "poisson" });
 * @throws GradsmithError "shape" for targets that don't match, "usage" for one that gradients go to.
 */
export const poisson = defineLoss(
  "poisson",
  () => meanLoss((target, prediction) => prediction.sub(target.mul(prediction.add(epsilon).log()))),
  {},
);

import { defineLoss, meanLoss } from "./loss.ts";

/**
 * mean log(cosh(e)) = e + softplus(−2e) − log 2, with e = prediction − target of the same shape: about e²/2 near 0, |e| − log 2 far away.
 *
 * @example model.compile({ loss: "logCosh" });
 * @throws GradsmithError "shape" for targets that don't match, "usage" for one that gradients go to.
 */
export const logCosh = defineLoss(
  "logCosh",
  () =>
    meanLoss((target, prediction) => {
      const error = prediction.sub(target);
      return error.add(error.mul(-2).softplus()).sub(Math.LN2);
    }),
  {},
);

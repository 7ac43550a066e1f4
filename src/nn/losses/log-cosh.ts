import type { Tensor } from "../../tensor/tensor.ts";
import { defineLoss, meanLoss } from "./loss.ts";

/**
 * mean log(cosh(e)), with e = prediction − target of the same shape: about e²/2 near 0, |e| − log 2 far away.
 *
 *     log1p(sinh²(e)) / 2 where |e| < 1, e + softplus(−2e) − log 2 elsewhere
 *
 * @example model.compile({ loss: "logCosh" });
 * @throws GradsmithError "shape" for targets that don't match, "usage" for one that gradients go to.
 */
export const logCosh = defineLoss("logCosh", () => meanLoss((target, prediction) => logOfCosh(prediction.sub(target))), {});

function logOfCosh(x: Tensor): Tensor {
  const isSmall = x.abs().less(1);
  const small = isSmall.where(x, 0);
  const sinh = small.expm1().sub(small.neg().expm1()).mul(0.5);
  return isSmall.where(sinh.square().log1p().mul(0.5), x.add(x.mul(-2).softplus()).sub(Math.LN2));
}

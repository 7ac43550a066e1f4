import { defineLoss, meanLoss } from "./loss.ts";

/** mean log(cosh(e)) = e + softplus(−2e) − log 2, with e = prediction − target. */
export const logCosh = defineLoss("logCosh", () =>
  meanLoss((target, prediction) => {
    const error = prediction.sub(target);
    return error.add(error.mul(-2).softplus()).sub(Math.LN2);
  }),
);

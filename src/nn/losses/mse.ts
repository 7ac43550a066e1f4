import { defineLoss, meanLoss } from "./loss.ts";

/** Mean squared error: mean (target − prediction)². */
export const mse = defineLoss("mse", () => meanLoss((target, prediction) => prediction.sub(target).square()));

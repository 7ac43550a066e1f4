import { defineLoss, meanLoss } from "./loss.ts";

/** Mean absolute error: mean |target − prediction|. */
export const mae = defineLoss("mae", () => meanLoss((target, prediction) => prediction.sub(target).abs()));

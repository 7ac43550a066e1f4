import { GradsmithError } from "../core/errors.ts";
import { sameShape, showShape } from "../core/shape.ts";
import { checkTargetRange, checkTargetShape } from "./check-targets.ts";
import type { TrainingSetup } from "./compile-options.ts";
import type { Traceable } from "./objective.ts";
import type { Batch } from "./samples.ts";
import { checkCounts, checkFeatures } from "./samples.ts";

/** What `fit(x, y)` checks once is checked for each batch of a dataset, which nobody can see in advance. */
export async function checkBatch(where: string, model: Traceable, { loss }: TrainingSetup, { x, y }: Batch): Promise<void> {
  const { input, output } = model.blueprint;
  if (x.rank === 0 || sameShape(x.shape, input.shape.slice(1))) {
    throw new GradsmithError(
      "shape",
      where,
      `the dataset gives single samples of shape ${showShape(x.shape)} where batches of them are needed.`,
      "Call its batch(32).",
    );
  }
  checkFeatures(where, x, input.shape);
  checkCounts(where, x, y);
  checkTargetShape(where, loss, y, output.shape);
  await checkTargetRange(where, loss, y, output.shape);
}

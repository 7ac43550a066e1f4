import { GradsmithError } from "../../core/errors.ts";
import { zeros } from "../../tensor/create.ts";
import { aligned } from "../losses/loss.ts";
import type { Metric } from "./metric.ts";
import { ratio } from "./metric.ts";

/**
 * The area under the ROC curve, from histograms of the predicted probabilities over `thresholds` equal steps and straight lines between the
 * points, as Keras has it. Two samples in one bucket can't be told apart: the error is at most about 1/thresholds.
 */
export function auc({ thresholds = 200 }: { readonly thresholds?: number } = {}): Metric {
  if (!Number.isInteger(thresholds) || thresholds < 2) {
    throw new GradsmithError(
      "option",
      "auc",
      `thresholds must be a whole number of at least 2, got ${String(thresholds)}.`,
      "200 is a good choice.",
    );
  }
  return {
    kind: "auc",
    name: "auc",
    options: { thresholds },
    init: () => ({ positives: zeros([thresholds]), negatives: zeros([thresholds]) }),
    update(state, target, prediction, { weight } = {}) {
      const truth = aligned(target, prediction).cast("f32");
      const bucket = prediction
        .mul(thresholds - 1)
        .ceil()
        .sub(1)
        .clip(0, thresholds - 2)
        .cast("i32")
        .flatten();
      const share =
        weight === undefined
          ? truth.fill(1)
          : weight
              .cast("f32")
              .reshape([weight.size, ...truth.shape.slice(1).map(() => 1)])
              .broadcastTo(truth.shape);
      const isPositive = truth.greater(0.5);
      const count = (chosen: typeof truth) => chosen.flatten().scatter(bucket, { size: thresholds });
      return {
        positives: state.positives!.add(count(isPositive.where(share, 0))),
        negatives: state.negatives!.add(count(isPositive.where(0, share))),
      };
    },
    result: ({ positives, negatives }) => areaUnder(fromAbove(positives!), fromAbove(negatives!)),
  };
}

/** How many lie in each bucket or above it. */
function fromAbove(histogram: ArrayLike<number>): number[] {
  const counts = Array.from(histogram);
  for (let i = counts.length - 2; i >= 0; i--) counts[i]! += counts[i + 1]!;
  return counts;
}

function areaUnder(truePositives: readonly number[], falsePositives: readonly number[]): number {
  const [positives, negatives] = [truePositives[0]!, falsePositives[0]!];
  let area = 0;
  for (let i = 1; i < truePositives.length; i++) {
    const width = ratio(falsePositives[i - 1]! - falsePositives[i]!, negatives);
    area += width * 0.5 * (ratio(truePositives[i - 1]!, positives) + ratio(truePositives[i]!, positives));
  }
  return area;
}

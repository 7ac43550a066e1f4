import { oneOf } from "../../core/checks.ts";
import { GradsmithError } from "../../core/errors.ts";
import type { Check } from "../../core/options.ts";
import { checkOptions, described } from "../../core/options.ts";
import { zeros } from "../../tensor/create.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { aligned } from "../losses/loss.ts";
import type { Metric } from "./metric.ts";
import { ratio } from "./metric.ts";
import { spread } from "./spread.ts";

/** The options of `auc`. */
export interface AucOptions {
  /** `ROC`, true positives against false positives, by default; or `PR`, precision against recall. */
  readonly curve?: "ROC" | "PR" | undefined;
  /** How many thresholds the curve is drawn from; 200 by default. */
  readonly thresholds?: number | undefined;
}

/**
 * The area under a curve, from histograms of the predicted probabilities over `thresholds` equal steps, as Keras has it: under ROC with straight
 * lines between the points, under PR with Davis and Goadrich's interpolation (2006). Two samples in one bucket can't be told apart: the error is
 * at most about 1/thresholds. Targets are in the prediction's shape, positive where not 0.
 *
 * @example model.compile({ loss: "binaryCrossentropy", metrics: ["auc", { ...metrics.auc({ curve: "PR" }), name: "auc_pr" }] });
 * @throws GradsmithError "option" for another curve, or fewer than 2 thresholds.
 */
export function auc(options: AucOptions = {}): Metric<"auc"> {
  const { curve = "ROC", thresholds = 200 } = checkOptions("auc", options, { curve: oneOf("ROC", "PR"), thresholds: twoOrMore });
  const area = curve === "ROC" ? underRoc : underPrecisionRecall;
  return {
    kind: "auc",
    name: "auc",
    takes: "probabilities",
    options,
    init: () => ({ positives: zeros([thresholds]), negatives: zeros([thresholds]) }),
    update(state, target, prediction, { weight } = {}) {
      const truth = aligned(target, prediction).notEqual(0);
      const bucket = prediction
        .mul(thresholds - 1)
        .ceil()
        .sub(1)
        .clip(0, thresholds - 2)
        .cast("i32")
        .flatten();
      const share = weight === undefined ? truth.cast("f32").fill(1) : spread("auc", weight, truth);
      const count = (chosen: Tensor): Tensor => chosen.flatten().scatter(bucket, { size: thresholds });
      return {
        positives: state.positives!.add(count(truth.where(share, 0))),
        negatives: state.negatives!.add(count(truth.where(0, share))),
      };
    },
    result: ({ positives, negatives }) => area(fromAbove(positives!), fromAbove(negatives!)),
  };
}

const twoOrMore: Check = (where, name, value) => {
  if (Number.isSafeInteger(value) && (value as number) >= 2) return value;
  throw new GradsmithError(
    "option",
    where,
    `${name} must be a whole number of at least 2, got ${described(value)}.`,
    "200 is a good choice.",
  );
};

/** How many lie in each bucket or above it. */
function fromAbove(histogram: ArrayLike<number>): number[] {
  const counts = Array.from(histogram);
  for (let i = counts.length - 2; i >= 0; i--) counts[i]! += counts[i + 1]!;
  return counts;
}

function underRoc(truePositives: readonly number[], falsePositives: readonly number[]): number {
  const [positives, negatives] = [truePositives[0]!, falsePositives[0]!];
  let area = 0;
  for (let i = 1; i < truePositives.length; i++) {
    const width = ratio(falsePositives[i - 1]! - falsePositives[i]!, negatives);
    area += width * 0.5 * (ratio(truePositives[i - 1]!, positives) + ratio(truePositives[i]!, positives));
  }
  return area;
}

/** Between two thresholds true positives and all that are predicted change in proportion: ∫ TP/P dTP, in closed form. */
function underPrecisionRecall(truePositives: readonly number[], falsePositives: readonly number[]): number {
  const predicted = truePositives.map((count, i) => count + falsePositives[i]!);
  let area = 0;
  for (let i = 1; i < truePositives.length; i++) {
    const [more, fewer] = [predicted[i - 1]!, predicted[i]!];
    const gained = truePositives[i - 1]! - truePositives[i]!;
    const slope = ratio(gained, more - fewer);
    const logarithm = more > 0 && fewer > 0 ? Math.log(more / fewer) : 0;
    area += slope * (gained + (truePositives[i]! - slope * fewer) * logarithm);
  }
  return ratio(area, truePositives[0]!);
}

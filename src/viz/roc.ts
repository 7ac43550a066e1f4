import { GradsmithError } from "../core/errors.ts";

/** Points of a receiver operating characteristic, from (0, 0) to (1, 1). `thresholds[i]` is the least score that counts as positive. */
export interface RocCurve {
  readonly falsePositiveRate: readonly number[];
  readonly truePositiveRate: readonly number[];
  readonly thresholds: readonly number[];
}

/**
 * How the rates of true and false positives trade off as the threshold falls, for `scores` (higher is more positive) and `labels` (0 or 1).
 * Equal scores move together. Every distinct score is a point.
 *
 * @throws GradsmithError "data" when lengths differ, a label is not 0 or 1, a score is NaN, or a class is absent (its rate is 0 / 0).
 */
export function rocCurve(scores: ArrayLike<number>, labels: ArrayLike<number>): RocCurve {
  checkScores(scores, labels);
  const order = Array.from(scores, (_, i) => i).sort((a, b) => scores[b]! - scores[a]! || a - b);
  const positives = Array.from(labels).filter((label) => label === 1).length;
  const negatives = labels.length - positives;
  if (positives === 0 || negatives === 0)
    fail(`all ${labels.length} labels are ${positives === 0 ? 0 : 1}, so one of the rates is 0 / 0.`, "Give samples of both classes.");
  const falsePositiveRate = [0];
  const truePositiveRate = [0];
  const thresholds = [Number.POSITIVE_INFINITY];
  let found = 0;
  for (const [rank, index] of order.entries()) {
    found += labels[index]!;
    const next = order[rank + 1];
    if (next !== undefined && scores[next] === scores[index]) continue;
    truePositiveRate.push(found / positives);
    falsePositiveRate.push((rank + 1 - found) / negatives);
    thresholds.push(scores[index]!);
  }
  return { falsePositiveRate, truePositiveRate, thresholds };
}

/** The area under a curve by the trapezoidal rule: `sum (x[i+1] - x[i]) (y[i+1] + y[i]) / 2`. 0.5 is guessing, 1 is perfect. */
export function auc({ falsePositiveRate: x, truePositiveRate: y }: RocCurve): number {
  let area = 0;
  for (let i = 1; i < x.length; i++) area += ((x[i]! - x[i - 1]!) * (y[i]! + y[i - 1]!)) / 2;
  return area;
}

function checkScores(scores: ArrayLike<number>, labels: ArrayLike<number>): void {
  if (scores.length !== labels.length) fail(`there are ${scores.length} scores and ${labels.length} labels.`, "Give one label a score.");
  for (let i = 0; i < scores.length; i++) {
    if (Number.isNaN(scores[i])) fail(`score ${i} is NaN.`, "Look for the step of the training that went wrong.");
    if (labels[i] !== 0 && labels[i] !== 1)
      fail(`label ${i} is ${labels[i]}, and labels are 0 or 1.`, "Choose the class that counts as positive.");
  }
}

function fail(what: string, fix: string): never {
  throw new GradsmithError("data", "rocCurve", what, fix);
}

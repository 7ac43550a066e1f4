import { GradsmithError } from "../core/errors.ts";

/** Points of a receiver operating characteristic, from (0, 0) to (1, 1). `thresholds[i]` is the least score that counts as positive. */
export interface RocCurve {
  /** Of the negative samples, the share at or above each threshold. */
  readonly falsePositiveRate: readonly number[];
  /** Of the positive samples, the share at or above each threshold. */
  readonly truePositiveRate: readonly number[];
  /** Scores, the highest first; infinity comes before all. */
  readonly thresholds: readonly number[];
  /** Below the curve, by the trapezoidal rule: 0.5 is guessing, 1 is perfect. */
  readonly area: number;
}

/**
 * How the rates of true and false positives trade off as the threshold falls, for `scores` (higher is more positive) and `labels` (0 or 1).
 * Equal scores move together. Every distinct score is a point.
 *
 * @throws GradsmithError "data" when lengths differ, a label is not 0 or 1, a score is NaN, or a class is absent (its rate is 0 / 0).
 * @example const { area } = rocCurve([0.9, 0.2, 0.6], [1, 0, 1]);
 */
export const rocCurve = (scores: ArrayLike<number>, labels: ArrayLike<number>): RocCurve => curveOf("rocCurve", scores, labels);

/**
 * The area under the receiver operating characteristic of `labels` (0 or 1) and `scores` (higher is more positive), by the trapezoidal rule:
 * the probability that a positive sample has the higher score, with ties counted as half. 0.5 is guessing, 1 is perfect.
 *
 *     Σᵢ (xᵢ₊₁ − xᵢ) (yᵢ₊₁ + yᵢ) / 2, x the rate of false positives and y of true ones
 *
 * A curve that is there already has it as its `area`.
 *
 * @throws GradsmithError "data" when lengths differ, a label is not 0 or 1, a score is NaN, or a class is absent.
 * @example rocAuc([1, 0, 1], [0.9, 0.2, 0.6]) // 1
 */
export const rocAuc = (labels: ArrayLike<number>, scores: ArrayLike<number>): number => curveOf("rocAuc", scores, labels).area;

/**
 * The old name of `rocAuc`, and of a curve's `area`.
 *
 * @throws GradsmithError "usage", always.
 */
export function auc(..._: readonly unknown[]): never {
  throw new GradsmithError(
    "usage",
    "auc",
    "is called rocAuc here.",
    "Write rocAuc(labels, scores), the area of a curve that is there, or metrics.auc() in compile.",
  );
}

function curveOf(where: string, scores: ArrayLike<number>, labels: ArrayLike<number>): RocCurve {
  checkScores(where, scores, labels);
  const order = Array.from(scores, (_, i) => i).sort((a, b) => scores[b]! - scores[a]! || a - b);
  const positives = Array.from(labels).filter((label) => label === 1).length;
  const negatives = labels.length - positives;
  if (positives === 0 || negatives === 0)
    fail(
      where,
      `all ${labels.length} labels are ${positives === 0 ? 0 : 1}, so one of the rates is 0 / 0.`,
      "Give samples of both classes.",
    );
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
  return { falsePositiveRate, truePositiveRate, thresholds, area: areaBelow(falsePositiveRate, truePositiveRate) };
}

function areaBelow(x: readonly number[], y: readonly number[]): number {
  let area = 0;
  for (let i = 1; i < x.length; i++) area += ((x[i]! - x[i - 1]!) * (y[i]! + y[i - 1]!)) / 2;
  return area;
}

function checkScores(where: string, scores: ArrayLike<number>, labels: ArrayLike<number>): void {
  if (scores.length !== labels.length)
    fail(where, `there are ${scores.length} scores and ${labels.length} labels.`, "Give one label a score.");
  for (let i = 0; i < scores.length; i++) {
    if (Number.isNaN(scores[i])) fail(where, `score ${i} is NaN.`, "Look for the step of the training that went wrong.");
    if (labels[i] !== 0 && labels[i] !== 1)
      fail(where, `label ${i} is ${labels[i]}, and labels are 0 or 1.`, "Choose the class that counts as positive.");
  }
}

function fail(where: string, what: string, fix: string): never {
  throw new GradsmithError("data", where, what, fix);
}

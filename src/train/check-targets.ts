import { custom } from "../core/described.ts";
import { isFloat } from "../core/dtype.ts";
import { GradsmithError } from "../core/errors.ts";
import type { Shape } from "../core/shape.ts";
import { sameShape } from "../core/shape.ts";
import type { Loss } from "../nn/losses/loss.ts";
import type { Tensor } from "../tensor/tensor.ts";

/** Targets must have the shape that the loss needs for the model's output. */
export function checkTargetShape(where: string, loss: Loss, y: Tensor, output: Shape): void {
  if (loss.kind === custom) return;
  const [sample, target] = [output.slice(1), y.shape.slice(1)];
  if (loss.targets === "labels") {
    const wanted = sample.slice(0, -1);
    if (sameShape(target, wanted) || sameShape(target, [...wanted, 1])) return;
    const fix = sameShape(target, sample)
      ? "Use categoricalCrossentropy, or argmax the targets."
      : "Give one class number for each prediction over the classes.";
    throw mismatch(where, output, "targets", y, fix);
  }
  if (sameShape(target, sample) || sameShape([...target, 1], sample)) return;
  const areLabels = sameShape(target, sample.slice(0, -1)) && loss.onLogits?.distribution === "categorical";
  if (areLabels) throw mismatch(where, output, "labels", y, "Use sparseCategoricalCrossentropy, or oneHot the labels.");
  throw mismatch(where, output, "targets", y, "Give targets of the output's shape, or change the last layer.");
}

function mismatch(where: string, output: Shape, what: string, y: Tensor, fix: string): GradsmithError {
  const batched = (shape: Shape): string => `[${["batch", ...shape.slice(1)].join(", ")}]`;
  return new GradsmithError(
    "shape",
    where,
    `the model gives ${batched(output)} but the loss was given ${what} of shape ${batched(y.shape)}.`,
    fix,
  );
}

/** Labels must be class numbers that the model has, and probabilities lie between 0 and 1. */
export async function checkTargetRange(where: string, loss: Loss, y: Tensor, output: Shape): Promise<void> {
  const classes = output[output.length - 1]!;
  const isLabels = loss.targets === "labels";
  if ((!isLabels && loss.targetsAreProbabilities !== true) || y.size === 0 || y.dtype === "bool") return;
  const highest = isLabels ? classes - 1 : 1;
  const { low, high, isWhole } = await extremes(y);
  const wrong = low < 0 || Number.isNaN(low) ? low : high;
  if (wrong < 0 || wrong > highest || Number.isNaN(wrong)) {
    const [what, fix] = isLabels
      ? [
          `labels from 0 to ${highest}, as the model gives ${classes} classes`,
          "Number the classes from 0, or give the last layer more units.",
        ]
      : ["targets from 0 to 1", "Scale them, or choose another loss."];
    throw new GradsmithError("data", where, `${loss.kind} takes ${what}, but y holds ${wrong}.`, fix);
  }
  if (isLabels && !isWhole) {
    throw new GradsmithError(
      "data",
      where,
      `${loss.kind} takes whole class numbers, but y holds fractions.`,
      "Round them, or choose another loss.",
    );
  }
}

interface Extremes {
  /** NaN where there is one. */
  readonly low: number;
  readonly high: number;
  readonly isWhole: boolean;
}

/** Targets up to so many are read and looked at here: a batch of a dataset must not wait for a program of its own. */
const fewTargets = 2 ** 20;

async function extremes(y: Tensor): Promise<Extremes> {
  if (y.size > fewTargets || y.dtype === "f16" || y.dtype === "bf16") {
    const fractions = isFloat(y.dtype) ? y.notEqual(y.floor()).cast("i32").sum().item() : 0;
    const [low, high, fractional] = await Promise.all([y.min().item(), y.max().item(), fractions]);
    return { low, high, isWhole: fractional === 0 };
  }
  let [low, high, isWhole] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, true];
  for (const value of await y.read()) {
    low = Math.min(low, value);
    high = Math.max(high, value);
    isWhole &&= Number.isInteger(value);
  }
  return { low, high, isWhole };
}

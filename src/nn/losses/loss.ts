import { needsGradient } from "../../autodiff/needs-gradient.ts";
import type { Described } from "../../core/described.ts";
import { GradsmithError } from "../../core/errors.ts";
import type { OptionChecks } from "../../core/options.ts";
import { checkOptions } from "../../core/options.ts";
import { sameShape, showShape } from "../../core/shape.ts";
import { Tensor } from "../../tensor/tensor.ts";
import type { Distribution } from "../carried.ts";
import { logitsOf, maskOf } from "../carried.ts";
import type { NoOptions } from "../no-options.ts";

/** What a model is trained to make small. */
export interface Loss extends Described, LossFormula {}

/** What a loss computes, and from what. */
export interface LossFormula {
  /** The loss of each sample, [batch] or [batch, ...], from what was wanted and what the model gave. */
  readonly perSample: (target: Tensor, prediction: Tensor) => Tensor;
  /** Where predictions are probabilities: the same from the logits that they carry, which is more exact. */
  readonly onLogits?: {
    readonly distribution: Distribution;
    readonly perSample: (target: Tensor, logits: Tensor) => Tensor;
  };
  /** Where predictions are logits: of what. */
  readonly takesLogits?: Distribution;
  /** `values`: targets have the prediction's shape. `labels`: they are class numbers, without the prediction's last axis. */
  readonly targets: "values" | "labels";
  /** Whether targets are probabilities, from 0 to 1. */
  readonly targetsAreProbabilities?: boolean;
}

/**
 * A loss as users call it: a scalar, the mean over the batch of what was wanted and what a model gave, in this order. `with` fixes its options for
 * `compile`.
 */
export interface LossFunction<Options extends object> {
  (target: Tensor, prediction: Tensor, options?: Options): Tensor;
  /** The loss with options, for `compile`. */
  with(options?: Options): Loss;
}

/**
 * A loss of your own, from its kind and its formula as a function of its options; `checks`, one function for each option, refuse what those can't
 * be, and other options. It works as the built-in ones do: called on target and prediction, in `compile` with options fixed by `with`, on the
 * logits that a prediction carries, without the places that its mask leaves out.
 *
 * @example
 * const pinball = defineLoss<{ quantile?: number }>("pinball", ({ quantile = 0.5 }) =>
 *   meanLoss((target, prediction) => {
 *     const error = target.sub(prediction);
 *     return error.mul(quantile).maximum(error.mul(quantile - 1));
 *   }),
 * );
 * model.compile({ loss: pinball.with({ quantile: 0.9 }) });
 */
export function defineLoss<Options extends object = NoOptions>(
  kind: string,
  formula: (options: Partial<Options>) => LossFormula,
  checks?: OptionChecks<Options>,
): LossFunction<Options> {
  const describe = (options: Partial<Options> = {}): Loss => {
    if (checks !== undefined) checkOptions<Partial<Options>>(kind, options, checks as OptionChecks<Partial<Options>>);
    const made = formula(options);
    return { kind, options, ...made, perSample: throughLogits(made) };
  };
  const call = (target: Tensor, prediction: Tensor, options?: Options): Tensor => {
    checkOrder(kind, target, prediction);
    return maskedMean(describe(options).perSample(target, prediction), prediction);
  };
  return Object.assign(call, { with: describe });
}

/** A loss that is the mean of something elementwise over the last axis, with the target in the prediction's shape and dtype. */
export const meanLoss = (each: (target: Tensor, prediction: Tensor) => Tensor): LossFormula => ({
  targets: "values",
  perSample: (target, prediction) => each(aligned(target, prediction), prediction).mean({ axis: -1 }),
});

/** The loss of probabilities that carry their logits is taken from those. */
function throughLogits({ perSample, onLogits }: LossFormula): LossFormula["perSample"] {
  if (onLogits === undefined) return perSample;
  return (target, prediction) => {
    const carried = logitsOf(prediction);
    return carried?.distribution === onLogits.distribution ? onLogits.perSample(target, carried.logits) : perSample(target, prediction);
  };
}

/** Two tensors, the target first: one that gradients go to is most likely the prediction. */
export function checkOrder(where: string, target: unknown, prediction: unknown): void {
  if (!(target instanceof Tensor && prediction instanceof Tensor)) {
    throw new GradsmithError(
      "usage",
      where,
      "takes two tensors, the target and the prediction.",
      `Wrap numbers with tensor(...); for compile write losses.${where}(options).`,
    );
  }
  if (!needsGradient(target)) return;
  throw new GradsmithError(
    "usage",
    where,
    "the target depends on what the gradient is taken by.",
    `The target comes first, then the prediction; where it is meant to be computed, write ${where}(target.stopGradient(), prediction).`,
  );
}

/** The mean of losses over all places that the prediction's mask doesn't leave out. */
export function maskedMean(losses: Tensor, prediction: Tensor): Tensor {
  const mask = sameShape(losses.shape, prediction.shape.slice(0, losses.rank)) ? maskOf(prediction, losses.shape) : undefined;
  if (mask === undefined) return losses.mean();
  return mask.where(losses, 0).sum().div(mask.cast(losses.dtype).sum().maximum(1));
}

/** The target in the prediction's dtype and shape: [batch] becomes [batch, 1] where the prediction has one value per sample. */
export function aligned(target: Tensor, prediction: Tensor): Tensor {
  const fitted = fittedTo(prediction, target);
  if (sameShape(fitted.shape, prediction.shape)) return fitted;
  throw new GradsmithError(
    "shape",
    "loss",
    `targets of shape ${showShape(target.shape)} and predictions of shape ${showShape(prediction.shape)} don't match.`,
    "Give one target for each predicted value.",
  );
}

/** The same where it can be; other targets, such as class numbers, stay as they are. */
export function fittedTo(prediction: Tensor, target: Tensor): Tensor {
  const lacksAxis = target.rank === prediction.rank - 1 && prediction.shape[prediction.rank - 1] === 1;
  const wide = lacksAxis ? target.expandDims(-1) : target;
  return sameShape(wide.shape, prediction.shape) ? wide.cast(prediction.dtype) : target;
}

/** Class numbers as i32, [batch, ...] for predictions [batch, ..., classes]; a last axis of 1 is dropped. */
export function labels(target: Tensor, prediction: Tensor): Tensor {
  const wide = target.rank === prediction.rank && target.shape[target.rank - 1] === 1;
  const whole = (wide ? target.squeeze(-1) : target).cast("i32");
  if (sameShape(whole.shape, prediction.shape.slice(0, -1))) return whole;
  throw new GradsmithError(
    "shape",
    "loss",
    `labels of shape ${showShape(target.shape)} and predictions of shape ${showShape(prediction.shape)} don't match.`,
    "Give one class number for each prediction over the classes.",
  );
}

/** Whether each element along the last axis is the one that the label names. */
export const isLabelled = (label: Tensor, prediction: Tensor): Tensor => prediction.positions({ axis: -1 }).equal(label.expandDims(-1));

/** What probabilities are kept away from 0 and 1 by, so that their logarithms are finite. */
export const epsilon = 1e-7;

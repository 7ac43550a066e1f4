import { GradsmithError } from "../../core/errors.ts";
import { sameShape, showShape } from "../../core/shape.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import type { Activation } from "../activations.ts";
import type { Described } from "../described.ts";

/** What a model is trained to make small. */
export interface Loss extends Described, LossFormula {}

interface LossFormula {
  /** The loss of each sample, [batch] or [batch, ...], from what was wanted and what the model gave. */
  readonly perSample: (target: Tensor, prediction: Tensor) => Tensor;
  /** The same from the logits of such probabilities, which is more exact. */
  readonly onLogits?: {
    readonly distribution: NonNullable<Activation["distribution"]>;
    readonly perSample: (target: Tensor, logits: Tensor) => Tensor;
  };
  /** `values`: targets have the prediction's shape. `labels`: they are class numbers, without the prediction's last axis. */
  readonly targets: "values" | "labels";
  /** Whether targets are probabilities, from 0 to 1. */
  readonly targetsAreProbabilities?: boolean;
}

/** A loss as users call it: a scalar, the mean over the batch. `with` fixes its options for `compile`. */
export interface LossFunction<Options extends object> {
  (target: Tensor, prediction: Tensor, options?: Options): Tensor;
  with(options?: Options): Loss;
}

export function defineLoss<Options extends object>(
  kind: string,
  formula: (options: Partial<Options>) => LossFormula,
): LossFunction<Options> {
  const describe = (options: Partial<Options> = {}): Loss => ({ kind, options, ...formula(options) });
  const call = (target: Tensor, prediction: Tensor, options?: Options): Tensor => describe(options).perSample(target, prediction).mean();
  return Object.assign(call, { with: describe });
}

/** A loss that is the mean of something elementwise over the last axis. */
export const meanLoss = (each: (target: Tensor, prediction: Tensor) => Tensor): LossFormula => ({
  targets: "values",
  perSample: (target, prediction) => each(aligned(target, prediction), prediction).mean({ axis: -1 }),
});

/** The target in the prediction's dtype and shape: [batch] becomes [batch, 1] where the prediction has one value per sample. */
export function aligned(target: Tensor, prediction: Tensor): Tensor {
  const lacksAxis = target.rank === prediction.rank - 1 && prediction.shape[prediction.rank - 1] === 1;
  const wide = lacksAxis ? target.expandDims(-1) : target;
  if (sameShape(wide.shape, prediction.shape)) return wide.cast(prediction.dtype);
  throw new GradsmithError(
    "shape",
    "loss",
    `targets of shape ${showShape(target.shape)} and predictions of shape ${showShape(prediction.shape)} don't match.`,
    "Give one target for each predicted value.",
  );
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

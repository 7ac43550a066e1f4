import { GradsmithError } from "../../core/errors.ts";
import type { Callback, WeightCopy } from "../callback.ts";

export interface EarlyStoppingOptions {
  /** The figure to watch. */
  readonly monitor?: string;
  /** How many epochs in a row may pass without improvement. */
  readonly patience?: number;
  /** What counts as improvement. */
  readonly minDelta?: number;
  /** `auto`: larger is better for accuracy, AUC, precision and recall, else smaller. */
  readonly mode?: "auto" | "min" | "max";
  /** At the end the model gets the weights of its best epoch, whatever ended the training. */
  readonly restoreBestWeights?: boolean;
  /** A value that the first epochs must improve on. */
  readonly baseline?: number;
  /** The first epoch that is watched. */
  readonly startFromEpoch?: number;
}

/** Ends training when a figure has stopped improving. */
export function earlyStopping(options: EarlyStoppingOptions = {}): Callback {
  const {
    monitor = "val_loss",
    patience = 0,
    minDelta = 0,
    mode = "auto",
    restoreBestWeights = false,
    baseline,
    startFromEpoch = 0,
  } = options;
  const sign = mode === "max" || (mode === "auto" && /accuracy|auc|precision|recall/i.test(monitor)) ? -1 : 1;
  let best = Infinity;
  let bestWeights: WeightCopy | undefined;
  let waited = 0;
  return {
    onTrainBegin() {
      [best, bestWeights, waited] = [Infinity, undefined, 0];
    },
    async onEpochEnd(epoch, logs, controls) {
      const value = logs[monitor];
      if (value === undefined) {
        const hint = monitor.startsWith("val_") ? " Give validationData or validationSplit, or monitor another." : " Monitor another.";
        throw new GradsmithError(
          "option",
          "earlyStopping",
          `there is no figure "${monitor}".${hint}`,
          `Known: ${Object.keys(logs).join(", ")}.`,
        );
      }
      if (epoch < startFromEpoch) return;
      waited++;
      if (sign * value < best - Math.abs(minDelta)) {
        best = sign * value;
        if (restoreBestWeights) bestWeights = await controls.copyWeights();
        if (baseline === undefined || sign * value < sign * baseline) waited = 0;
      }
      if (waited >= Math.max(1, patience) && waited > 0) controls.stop();
    },
    onTrainEnd(_logs, controls) {
      if (bestWeights !== undefined) controls.restoreWeights(bestWeights);
    },
  };
}

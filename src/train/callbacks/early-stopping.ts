import { countingNumber, finiteNumber, flag, oneOf, text } from "../../core/checks.ts";
import { GradsmithError } from "../../core/errors.ts";
import type { OptionChecks } from "../../core/options.ts";
import { checkOptions } from "../../core/options.ts";
import type { Callback, WeightCopy } from "../callback.ts";

/** The options of `earlyStopping`. */
export interface EarlyStoppingOptions {
  /** The figure to watch. Default "val_loss". */
  readonly monitor?: string;
  /** How many epochs in a row may pass without improvement. Default 0. */
  readonly patience?: number;
  /** How much better counts as improvement. Default 0. */
  readonly minDelta?: number;
  /** `auto`, the default: larger is better for accuracy, AUC, precision and recall, else smaller. */
  readonly mode?: "auto" | "min" | "max";
  /** At the end the model gets the weights of its best epoch, whatever ended the training. Default false. */
  readonly restoreBestWeights?: boolean;
  /** A value that the first epochs must improve on; none by default. */
  readonly baseline?: number;
  /** The first epoch that is watched, counted from 0. Default 0. */
  readonly startFromEpoch?: number;
}

const checks: OptionChecks<EarlyStoppingOptions> = {
  monitor: text,
  patience: countingNumber,
  minDelta: finiteNumber,
  mode: oneOf("auto", "min", "max"),
  restoreBestWeights: flag,
  baseline: finiteNumber,
  startFromEpoch: countingNumber,
};

/**
 * Ends training when a figure has stopped improving, as Keras's `EarlyStopping`: after more than `patience` epochs in a row, at least one,
 * that were no better than the best before them by `minDelta`.
 *
 * @throws GradsmithError "option" for an unknown option or a value that makes no sense, and while training, for a figure that isn't there.
 * @example await model.fit(x, y, { validationSplit: 0.2, callbacks: [earlyStopping({ patience: 3, restoreBestWeights: true })] });
 */
export function earlyStopping(options: EarlyStoppingOptions = {}): Callback {
  const {
    monitor = "val_loss",
    patience = 0,
    minDelta = 0,
    mode = "auto",
    restoreBestWeights = false,
    baseline,
    startFromEpoch = 0,
  } = checkOptions("earlyStopping", options, checks);
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

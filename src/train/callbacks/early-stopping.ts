import { countingNumber, finiteNumber, flag } from "../../core/checks.ts";
import type { OptionChecks } from "../../core/options.ts";
import { checkOptions } from "../../core/options.ts";
import type { Callback, WeightCopy } from "../callback.ts";
import type { MonitorOptions } from "./monitored.ts";
import { figureOf, monitorChecks, signOf } from "./monitored.ts";

/** The options of `earlyStopping`. */
export interface EarlyStoppingOptions extends MonitorOptions {
  /** How many epochs in a row may pass without improvement. Default 0. */
  readonly patience?: number;
  /** How much better counts as improvement. Default 0. */
  readonly minDelta?: number;
  /** At the end the model gets the weights of its best epoch, whatever ended the training. Default false. */
  readonly restoreBestWeights?: boolean;
  /** A value that the first epochs must improve on; none by default. */
  readonly baseline?: number;
  /** The first epoch that is watched, counted from 0. Default 0. */
  readonly startFromEpoch?: number;
}

const checks: OptionChecks<EarlyStoppingOptions> = {
  ...monitorChecks,
  patience: countingNumber,
  minDelta: finiteNumber,
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
  const sign = signOf(monitor, mode);
  let best = Infinity;
  let bestWeights: WeightCopy | undefined;
  let waited = 0;
  return {
    onTrainBegin() {
      [best, bestWeights, waited] = [Infinity, undefined, 0];
    },
    async onEpochEnd(epoch, logs, controls) {
      const value = figureOf("earlyStopping", monitor, logs);
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

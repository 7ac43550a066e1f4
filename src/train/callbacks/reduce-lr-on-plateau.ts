import { countingNumber, finiteNumber, nonNegativeNumber, properFraction } from "../../core/checks.ts";
import type { OptionChecks } from "../../core/options.ts";
import { checkOptions } from "../../core/options.ts";
import type { Callback } from "../callback.ts";
import type { MonitorOptions } from "./monitored.ts";
import { figureOf, monitorChecks, signOf } from "./monitored.ts";

/** The options of `reduceLROnPlateau`. */
export interface ReduceLROnPlateauOptions extends MonitorOptions {
  /** What the rate is multiplied with, less than 1. Default 0.1. */
  readonly factor?: number;
  /** How many epochs in a row without improvement reduce the rate. Default 10. */
  readonly patience?: number;
  /** How much better counts as improvement. Default 1e-4. */
  readonly minDelta?: number;
  /** For how many epochs after a reduction none are counted. Default 0. */
  readonly cooldown?: number;
  /** The rate is not reduced below this. Default 0. */
  readonly minLearningRate?: number;
}

const checks: OptionChecks<ReduceLROnPlateauOptions> = {
  ...monitorChecks,
  factor: properFraction,
  patience: countingNumber,
  minDelta: finiteNumber,
  cooldown: countingNumber,
  minLearningRate: nonNegativeNumber,
};

/**
 * Reduces the learning rate when a figure has stopped improving, as Keras's `ReduceLROnPlateau`: after `patience` epochs in a row that were no
 * better than the best before them by `minDelta`.
 *
 *     lr ← max(factor · lr, minLearningRate)
 *
 * @throws GradsmithError "option" for an unknown option or a value that makes no sense, and while training, for a figure that isn't there;
 * "usage" when training begins, if the optimizer has a schedule.
 * @example await model.fit(x, y, { validationSplit: 0.2, callbacks: [reduceLROnPlateau({ factor: 0.5, patience: 3 })] });
 */
export function reduceLROnPlateau(options: ReduceLROnPlateauOptions = {}): Callback {
  const {
    monitor = "val_loss",
    factor = 0.1,
    patience = 10,
    mode = "auto",
    minDelta = 1e-4,
    cooldown = 0,
    minLearningRate = 0,
  } = checkOptions("reduceLROnPlateau", options, checks);
  const sign = signOf(monitor, mode);
  let best: number | undefined;
  let waited = 0;
  let resting = 0;
  return {
    async onTrainBegin(controls) {
      [best, waited, resting] = [undefined, 0, 0];
      // Changes nothing, but an optimizer with a schedule refuses it: now, and not at the first plateau.
      controls.setLearningRate(await controls.learningRate());
    },
    async onEpochEnd(_epoch, logs, controls) {
      const value = sign * figureOf("reduceLROnPlateau", monitor, logs);
      if (resting > 0) {
        resting--;
        waited = 0;
      }
      if (best === undefined || value + Math.abs(minDelta) < best) {
        best = value;
        waited = 0;
        return;
      }
      if (resting > 0 || ++waited < patience) return;
      const rate = await controls.learningRate();
      if (rate <= Math.fround(minLearningRate)) return;
      controls.setLearningRate(Math.max(rate * factor, minLearningRate));
      resting = cooldown;
      waited = 0;
    },
  };
}

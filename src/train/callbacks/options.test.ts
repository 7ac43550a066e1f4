import { expect, test } from "vitest";
import { refusal } from "../../../test/refusal.ts";
import { earlyStopping } from "./early-stopping.ts";
import { lambdaCallback } from "./lambda-callback.ts";
import { learningRateScheduler } from "./learning-rate-scheduler.ts";
import { csvLogger, jsonLinesLogger } from "./loggers.ts";
import { modelCheckpoint } from "./model-checkpoint.ts";
import { reduceLROnPlateau } from "./reduce-lr-on-plateau.ts";

const wrong = (value: unknown) => value as never;

test.each<readonly [string, () => unknown, string]>([
  [
    "an option of earlyStopping",
    () => earlyStopping(wrong({ patiens: 3 })),
    '[earlyStopping] unknown option "patiens". Did you mean "patience"? Known: monitor, mode, patience, minDelta, restoreBestWeights, baseline, startFromEpoch.',
  ],
  [
    "Keras's spelling",
    () => earlyStopping(wrong({ min_delta: 0.1 })),
    '[earlyStopping] unknown option "min_delta". Here it is called "minDelta". Known: monitor, mode, patience, minDelta, restoreBestWeights, baseline, startFromEpoch.',
  ],
  [
    "patience that is none",
    () => earlyStopping({ patience: -1 }),
    "[earlyStopping] patience must be a whole number of at least 0, got -1.",
  ],
  [
    "a mode",
    () => earlyStopping({ mode: wrong("mix") }),
    '[earlyStopping] mode must be "auto", "min" or "max", got "mix". Did you mean "min"?',
  ],
  ["a baseline that is NaN", () => earlyStopping({ baseline: Number.NaN }), "[earlyStopping] baseline must be a finite number, got NaN."],
  [
    "a flag",
    () => earlyStopping({ restoreBestWeights: wrong("yes") }),
    '[earlyStopping] restoreBestWeights must be true or false, got "yes".',
  ],
  [
    "a moment that doesn't come",
    () => lambdaCallback(wrong({ on_epoch_end: () => 1 })),
    '[lambdaCallback] unknown option "on_epoch_end". Here it is called "onEpochEnd". Known: onSlowCompiler, onTrainBegin, onEpochBegin, everyBatch, onBatchEnd, onSteps, onEpochEnd, onTrainEnd.',
  ],
  [
    "a member that is no function",
    () => lambdaCallback({ onTrainEnd: wrong(7) }),
    "[lambdaCallback] onTrainEnd must be a function, got 7.",
  ],
  ["a path for a function", () => csvLogger(wrong("log.csv")), '[csvLogger] write must be a function, got "log.csv".'],
  ["nothing for a function", () => jsonLinesLogger(wrong(undefined)), "[jsonLinesLogger] write must be a function, got undefined."],
  [
    "Keras's name of a limit",
    () => reduceLROnPlateau(wrong({ min_lr: 0.1 })),
    '[reduceLROnPlateau] unknown option "min_lr". Here it is called "minLearningRate". Known: monitor, mode, factor, patience, minDelta, cooldown, minLearningRate.',
  ],
  [
    "a factor that reduces nothing",
    () => reduceLROnPlateau({ factor: 1 }),
    "[reduceLROnPlateau] factor must be at least 0 and less than 1, got 1.",
  ],
  ["a number for a schedule", () => learningRateScheduler(wrong(0.1)), "[learningRateScheduler] the schedule must be a function, got 0.1."],
  ["no directory", () => modelCheckpoint(wrong({})), "[modelCheckpoint] directory must be a text, got undefined."],
  [
    "Lightning's name of a directory",
    () => modelCheckpoint(wrong({ dirpath: "runs" })),
    '[modelCheckpoint] unknown option "dirpath". Here it is called "directory". Known: directory, filename, monitor, mode, saveTopK, saveLast, everyNEpochs.',
  ],
  [
    "fewer than none",
    () => modelCheckpoint({ directory: "runs", saveTopK: -2 }),
    "[modelCheckpoint] saveTopK must be a whole number of at least 0, or -1 for all, got -2.",
  ],
  [
    "every no epoch",
    () => modelCheckpoint({ directory: "runs", everyNEpochs: 0 }),
    "[modelCheckpoint] everyNEpochs must be a positive integer, got 0.",
  ],
])("%s is refused", async (_, work, message) => {
  expect(await refusal(work)).toEqual(["option", message]);
});

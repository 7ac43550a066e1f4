import { expect, test } from "vitest";
import { refusal } from "../../../test/refusal.ts";
import { earlyStopping } from "./early-stopping.ts";
import { lambdaCallback } from "./lambda-callback.ts";
import { csvLogger, jsonLinesLogger } from "./loggers.ts";

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
])("%s is refused", async (_, work, message) => {
  expect(await refusal(work)).toEqual(["option", message]);
});

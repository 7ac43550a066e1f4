import { anything, countingNumber, flag, oneOf, positiveInteger, wholeNumber } from "../core/checks.ts";
import { GradsmithError } from "../core/errors.ts";
import { checkOptions, described } from "../core/options.ts";
import type { BatchSource } from "./batches.ts";
import type { Callback } from "./callback.ts";
import { callbackChecks } from "./callback.ts";
import type { StepsPerCall } from "./calls.ts";
import type { ClassWeight } from "./checked-batch.ts";
import { aClassWeight } from "./checked-batch.ts";
import type { Verbosity } from "./progress.ts";
import type { ModelFile } from "./read-model-file.ts";
import type { SampleTree } from "./samples.ts";

/** The options of `fit`. */
export interface FitOptions {
  /** How many samples make a step; 32 by default. Batches that a dataset hands out keep their size. */
  readonly batchSize?: number;
  /** How often all samples are gone through; 1 by default. */
  readonly epochs?: number;
  /** Take the samples in a new random order in each epoch; true by default. */
  readonly shuffle?: boolean;
  /** The last fraction of the samples, before shuffling, is not trained on but evaluated after each epoch; 0 by default. */
  readonly validationSplit?: number;
  /** Samples that are evaluated after each epoch, with their weights if they have some, or batches of them. */
  readonly validationData?: readonly [x: SampleTree, y: SampleTree, sampleWeight?: SampleTree] | BatchSource;
  /** How much each sample counts in the loss: a number a sample, or by output; Σ w·l / n is made small, as in Keras. */
  readonly sampleWeight?: SampleTree;
  /** How much samples of each class count in the loss, by class number; not together with `sampleWeight`. */
  readonly classWeight?: ClassWeight;
  /** What watches the training, in order. None by default. */
  readonly callbacks?: readonly Callback[];
  /** Decides the first weights, if there are none yet, the order of the samples and dropout; 0 by default. */
  readonly seed?: number;
  /** `auto`, the default: a bar in a terminal, else a line per epoch; 0: nothing; 1: a bar; 2: a line per epoch. */
  readonly verbose?: Verbosity;
  /**
   * A checkpoint of this model (a path, a URL, bytes or a Blob) to go on from, to the same bits as if nothing had come between: its weights, all that
   * the optimizer remembers, its seed, epoch and batch. None by default.
   */
  readonly resumeFrom?: ModelFile;
  /** From which epoch to count, when training goes on; 0 by default. */
  readonly initialEpoch?: number;
  /**
   * How many steps run in one call, between which callbacks have their turn. "auto", the default: as many as the work in a step suggests, the same in
   * every run; one, where a callback has an `onBatchEnd`.
   */
  readonly stepsPerCall?: StepsPerCall;
  /** Ends training after the call that is running. */
  readonly signal?: AbortSignal;
}

/** The options of `fit`, or an error for what they can't be. */
export const checkFitOptions = (options: FitOptions): FitOptions =>
  checkOptions<FitOptions>("fit", options, {
    batchSize: positiveInteger,
    epochs: positiveInteger,
    shuffle: flag,
    validationSplit: fraction,
    validationData: anything,
    sampleWeight: anything,
    classWeight: aClassWeight,
    callbacks,
    seed: wholeNumber,
    verbose: oneOf("auto", 0, 1, 2),
    resumeFrom: anything,
    initialEpoch: countingNumber,
    stepsPerCall: (where, name, value) => (value === "auto" ? value : positiveInteger(where, name, value)),
    signal,
  });

/** The options of `evaluate` likewise. */
export const checkEvaluateOptions = <Options extends Pick<FitOptions, "batchSize" | "sampleWeight" | "classWeight">>(
  options: Options,
): Options =>
  checkOptions<Pick<FitOptions, "batchSize" | "sampleWeight" | "classWeight">>("evaluate", options, {
    batchSize: positiveInteger,
    sampleWeight: anything,
    classWeight: aClassWeight,
  }) as Options;

function fraction(where: string, name: string, value: unknown): void {
  if (typeof value === "number" && value >= 0 && value < 1) return;
  throw new GradsmithError(
    "option",
    where,
    `${name} must be at least 0 and less than 1, got ${described(value)}.`,
    "It is the fraction of the samples that is held back.",
  );
}

function callbacks(where: string, name: string, value: unknown): void {
  if (!Array.isArray(value) || !value.every((callback) => typeof callback === "object" && callback !== null))
    throw new GradsmithError("option", where, `${name} must be a list of callbacks, got ${described(value)}.`, "Write [earlyStopping()].");
  for (const callback of value as readonly Callback[]) checkOptions("callback", eventsOf(callback), callbackChecks);
}

/** What a callback wants to be told, and other members that are called alike; what else it has is its own. */
function eventsOf(callback: Callback): Callback {
  const events: Record<string, unknown> = {};
  const known = Object.keys(callbackChecks);
  for (
    let owner: object | null = callback;
    owner !== null && owner !== Object.prototype;
    owner = Object.getPrototypeOf(owner) as object | null
  )
    for (const name of Object.getOwnPropertyNames(owner))
      if (known.includes(name) || /^on_?(epoch|batch|train|step)/i.test(name)) events[name] ??= callback[name as keyof Callback];
  return events as Callback;
}

function signal(where: string, name: string, value: unknown): void {
  if (typeof value === "object" && value !== null && "aborted" in value) return;
  throw new GradsmithError(
    "option",
    where,
    `${name} must be an AbortSignal, got ${described(value)}.`,
    "Give new AbortController().signal.",
  );
}

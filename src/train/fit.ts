import { anything, countingNumber, flag, oneOf, positiveInteger, wholeNumber } from "../core/checks.ts";
import { GradsmithError } from "../core/errors.ts";
import { checkOptions, described } from "../core/options.ts";
import { watchSlowCompilers } from "../backends/slow-compilers.ts";
import type { Batch, BatchSource } from "./batches.ts";
import { isBatchSource } from "./batches.ts";
import type { Callback, TrainingControls, WeightCopy } from "./callback.ts";
import type { ClassWeight } from "./checked-batch.ts";
import { checkedBatch } from "./checked-batch.ts";
import type { Place } from "./checkpoint.ts";
import type { TrainingSetup } from "./compile-options.ts";
import type { TrainingReach } from "./controls.ts";
import { stateControls } from "./controls.ts";
import type { EpochSource } from "./epoch-source.ts";
import { batchesFrom, samplesInMemory } from "./epoch-source.ts";
import type { Evaluation } from "./evaluate.ts";
import { evaluateBatches, evaluation } from "./evaluate.ts";
import type { History, Logs } from "./history.ts";
import { HistoryRecorder } from "./history.ts";
import { notFinite } from "./not-finite.ts";
import type { Traceable } from "./objective.ts";
import { overwrite } from "./overwrite.ts";
import { Pace } from "./pace.ts";
import type { Verbosity } from "./progress.ts";
import { progressFor } from "./progress.ts";
import type { SampleTree } from "./samples.ts";
import { countOf } from "./samples.ts";
import { logsOf } from "./tally.ts";
import type { TrainState } from "./train-state.ts";

/** The options of `fit`. */
export interface FitOptions {
  /** How many samples make a step; 32 by default. */
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
  readonly callbacks?: readonly Callback[];
  /** Decides the first weights, if there are none yet, the order of the samples and dropout; 0 by default. */
  readonly seed?: number;
  /** `auto`, the default: a bar in a terminal, else a line per epoch; 0: nothing; 1: a bar; 2: a line per epoch. */
  readonly verbose?: Verbosity;
  /** From which epoch to count, when training goes on; 0 by default. */
  readonly initialEpoch?: number;
  /** Ends training after the steps that are running. */
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
    classWeight: anything,
    callbacks,
    seed: wholeNumber,
    verbose: oneOf("auto", 0, 1, 2),
    initialEpoch: countingNumber,
    signal,
  });

/** The options of `evaluate` likewise. */
export const checkEvaluateOptions = <Options extends Pick<FitOptions, "batchSize" | "sampleWeight" | "classWeight">>(
  options: Options,
): Options =>
  checkOptions<Pick<FitOptions, "batchSize" | "sampleWeight" | "classWeight">>("evaluate", options, {
    batchSize: positiveInteger,
    sampleWeight: anything,
    classWeight: anything,
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
  if (Array.isArray(value) && value.every((callback) => typeof callback === "object" && callback !== null)) return;
  throw new GradsmithError("option", where, `${name} must be a list of callbacks, got ${described(value)}.`, "Write [earlyStopping()].");
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

interface FitInput {
  readonly model: Traceable & { readonly name: string };
  readonly setup: TrainingSetup;
  readonly state: TrainState;
  readonly x: SampleTree | BatchSource;
  readonly y: SampleTree | undefined;
  readonly options: FitOptions;
  /** Is told how to find the state while it is being trained: that of `state` may be gone. */
  readonly follow: (current: () => TrainState) => void;
}

export interface FitResult {
  readonly history: History;
  readonly state: TrainState;
  /** What a callback wants the model to hold instead. */
  readonly restored: WeightCopy | undefined;
}

/** Trains from `state` on, whose memory is taken over; the model keeps what is returned. */
export async function fitModel(input: FitInput): Promise<FitResult> {
  const { callbacks = [], verbose = "auto" } = input.options;
  if (Object.keys(input.state.params).length === 0)
    throw new GradsmithError(
      "usage",
      "fit",
      "nothing in the model can be trained: it has no weights, or all are frozen.",
      "Set trainable = true on a part of it.",
    );
  const told = [...callbacks, ...progressFor(verbose)];
  const unwatch = watchSlowCompilers((what) => {
    for (const callback of told) void callback.onSlowCompiler?.(what);
  });
  try {
    return await train(input, told);
  } finally {
    unwatch();
  }
}

async function train({ model, setup, state, x, y, options, follow }: FitInput, callbacks: readonly Callback[]): Promise<FitResult> {
  const { batchSize = 32, epochs = 1, shuffle = true, seed = 0, initialEpoch = 0, signal } = options;
  const pace = new Pace();
  const common = { model, setup, state, seed, pace };
  const data = await trainingData(model, setup, x, y, options);
  const planned = Math.max(0, epochs - initialEpoch);
  const source =
    data.batches === undefined
      ? await samplesInMemory({ ...common, ...data, batchSize, shuffle, epochs: planned })
      : batchesFrom(data.batches, { ...common, classWeight: options.classWeight });
  follow(() => source.current.model);
  const validate = await validationOf(model, setup, source, data.validation, { batchSize, pace, epochs: planned });

  const recorder = new HistoryRecorder();
  let stopped: History["stopped"] = "done";
  let restored: WeightCopy | undefined;
  let place: Place = { seed, epoch: initialEpoch, batch: 0 };
  const reach = reachInto(source, () => place);
  const controls: TrainingControls = {
    ...stateControls(model, setup.optimizer, reach),
    modelName: model.name,
    initialEpoch,
    epochs,
    stepsPerEpoch: source.stepsPerEpoch,
    batchSize: data.batches === undefined ? batchSize : undefined,
    stop: () => {
      if (stopped === "done") stopped = "callback";
    },
    restoreWeights: (weights) => {
      restored = weights;
    },
  };
  const tell = async (what: (callback: Callback) => void | Promise<void> | undefined): Promise<void> => {
    for (const callback of callbacks) await what(callback);
  };
  const firstStep = await source.current.model.step.item();
  const watchesBatches = callbacks.some(({ onBatchEnd }) => onBatchEnd !== undefined);
  const checkFinite = async (epoch: number, ran: number): Promise<void> => {
    const bad = await source.current.firstBad.item();
    if (bad >= 0)
      throw await notFinite({ epoch, step: bad - firstStep - ran, samples: data.batches === undefined ? data.samples : undefined });
  };

  let logs: Logs = {};
  let ran = 0;
  await tell((callback) => callback.onTrainBegin?.(controls));
  await source.ready;
  for (let epoch = initialEpoch; epoch < epochs && stopped === "done" && signal?.aborted !== true; epoch++) {
    await tell((callback) => callback.onEpochBegin?.(epoch, controls));
    const steps = await source.run(epoch, async (step) => {
      if (signal?.aborted === true) stopped = "aborted";
      place = { seed, epoch, batch: step };
      if (step === source.stepsPerEpoch) return true;
      await checkFinite(epoch, ran);
      if (!watchesBatches) return stopped === "done";
      const means = await logsOf(source.current.tally, setup);
      await tell((callback) => callback.onBatchEnd?.(step, means, controls));
      return stopped === "done";
    });
    if (steps === 0)
      throw new GradsmithError(
        "data",
        "fit",
        `no batches came in epoch ${epoch + 1}.`,
        "Give a dataset that can be walked through once per epoch.",
      );
    await checkFinite(epoch, ran);
    ran += steps;
    place = { seed, epoch, batch: steps };
    logs = await logsOf(source.current.tally, setup);
    if (source.stepsPerEpoch !== undefined && steps < source.stepsPerEpoch) break;
    logs = { ...logs, ...(await validate()) };
    recorder.add(epoch, logs);
    place = { seed, epoch: epoch + 1, batch: 0 };
    await tell((callback) => callback.onEpochEnd?.(epoch, logs, controls));
  }
  if (signal?.aborted === true) stopped = "aborted";
  await tell((callback) => callback.onTrainEnd?.(logs, controls));
  return { history: recorder.finish(stopped), state: source.current.model, restored };
}

/** How controls reach what a source trains. */
const reachInto = (source: EpochSource, place: () => Place): TrainingReach => ({
  state: () => source.current.model,
  checkpoint: () => ({ state: source.current.model, extra: {}, place: place() }),
  setHyperparameter: (name, value) => overwrite(source.current.model.hyperparameters[name]!, value),
});

/** Samples from number `from` on. */
type Validation =
  | { readonly samples: Batch; readonly from?: number; readonly batches?: undefined }
  | { readonly batches: BatchSource }
  | undefined;
/** The first `count` samples. */
type TrainingData = { readonly validation: Validation } & (
  | { readonly samples: Batch; readonly count: number; readonly batches?: undefined }
  | { readonly batches: BatchSource }
);

/** What to train on and what to validate on, checked. */
async function trainingData(
  model: Traceable,
  setup: TrainingSetup,
  x: SampleTree | BatchSource,
  y: SampleTree | undefined,
  { validationData, validationSplit = 0, sampleWeight, classWeight }: FitOptions,
): Promise<TrainingData> {
  const validation = await validationGiven(model, setup, validationData);
  if (isBatchSource(x)) {
    if (validationSplit > 0)
      throw new GradsmithError("option", "fit", "validationSplit needs samples in memory, and x is a dataset.", "Give validationData.");
    if (sampleWeight !== undefined)
      throw new GradsmithError(
        "option",
        "fit",
        "sampleWeight needs samples in memory, and x is a dataset.",
        "Let it hand out { x, y, weight }.",
      );
    return { batches: x, validation };
  }
  if (y === undefined) throw new GradsmithError("data", "fit", "y is missing.", "Call fit(x, y, options), or give a dataset of { x, y }.");
  const samples = await checkedBatch("fit", model, setup, { x, y, sampleWeight, classWeight });
  const count = countOf(samples.x);
  // A share that is a hair below a whole number by rounding is that number: 10 · (1 − 0.9) is 1.
  const kept = validation === undefined ? Math.floor(count * (1 - validationSplit) + 1e-9 * count) : count;
  if (kept === 0)
    throw new GradsmithError(
      "data",
      "fit",
      `validationSplit ${validationSplit} leaves none of the ${count} samples to train on.`,
      "Choose a smaller fraction.",
    );
  // Both gather their batches from the whole: nothing is copied, and bytes stay bytes.
  return { samples, count: kept, validation: kept === count ? validation : { samples, from: kept } };
}

async function validationGiven(model: Traceable, setup: TrainingSetup, given: FitOptions["validationData"]): Promise<Validation> {
  if (given === undefined) return undefined;
  if (!Array.isArray(given)) {
    if (isBatchSource(given)) return { batches: given };
    throw new GradsmithError("option", "fit", `validationData must be [x, y], got ${described(given)}.`, "Give [x, y], or a dataset.");
  }
  const [x, y, sampleWeight] = given as unknown as readonly [SampleTree, SampleTree, SampleTree?];
  if (y === undefined) throw new GradsmithError("option", "fit", "validationData lacks its targets.", "Give [x, y].");
  return { samples: await checkedBatch("fit", model, setup, { x, y, sampleWeight, name: "validationData" }) };
}

interface ValidationOptions {
  readonly batchSize: number;
  readonly pace: Pace;
  readonly epochs: number;
}

/** How to compute the figures of an epoch's validation; none without validation samples. */
async function validationOf(
  model: Traceable,
  setup: TrainingSetup,
  source: EpochSource,
  validation: Validation,
  options: ValidationOptions,
): Promise<() => Promise<Logs>> {
  if (validation === undefined) return async () => ({});
  if (validation.batches !== undefined)
    return async () => prefixed(await evaluateBatches(model, setup, source.current.model, validation.batches));
  const over = (): Promise<Evaluation> =>
    evaluation(model, setup, source.current.model, { ...validation, ...options, expectedRuns: options.epochs });
  // Batches one by one give new tensors each time; loops keep theirs in place.
  if (source.stepsPerEpoch === undefined) return async () => prefixed(await (await over()).run());
  const kept = await over();
  await kept.ready;
  return async () => prefixed(await kept.run());
}

const prefixed = (logs: Logs): Logs => Object.fromEntries(Object.entries(logs).map(([name, value]) => [`val_${name}`, value]));

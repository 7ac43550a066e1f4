import { positiveInteger } from "../core/checks.ts";
import { GradsmithError } from "../core/errors.ts";
import { watchSlowCompilers } from "../runtime/slow-compilers.ts";
import type { Tensor } from "../tensor/tensor.ts";
import type { Callback, TrainingControls, WeightCopy } from "./callback.ts";
import { checkTargetRange, checkTargetShape } from "./check-targets.ts";
import type { TrainingSetup } from "./compile-options.ts";
import type { EpochSource } from "./epoch-source.ts";
import { batchesFrom, samplesInMemory } from "./epoch-source.ts";
import type { Evaluation } from "./evaluate.ts";
import { evaluateBatches, evaluation } from "./evaluate.ts";
import type { History, Logs } from "./history.ts";
import { HistoryRecorder } from "./history.ts";
import { notFinite } from "./not-finite.ts";
import type { Traceable } from "./objective.ts";
import { Pace } from "./pace.ts";
import type { Verbosity } from "./progress.ts";
import { progressFor } from "./progress.ts";
import type { BatchSource, Samples } from "./samples.ts";
import { checkCounts, checkFeatures, isBatchSource, samplesOf } from "./samples.ts";
import { logsOf } from "./tally.ts";
import type { TrainState } from "./train-state.ts";
import { copiedWeights } from "./weights.ts";

export interface FitOptions {
  readonly batchSize?: number;
  readonly epochs?: number;
  /** Take the samples in a new random order in each epoch. */
  readonly shuffle?: boolean;
  /** The last fraction of the samples, before shuffling, is not trained on but evaluated after each epoch. */
  readonly validationSplit?: number;
  /** Samples that are evaluated after each epoch, or batches of them. */
  readonly validationData?: readonly [x: Samples, y: Samples] | BatchSource;
  readonly callbacks?: readonly Callback[];
  /** Decides the first weights, if there are none yet, the order of the samples and dropout. */
  readonly seed?: number;
  /** `auto`: a bar in a terminal, else a line per epoch; 0: nothing; 1: a bar; 2: a line per epoch. */
  readonly verbose?: Verbosity;
  /** From which epoch to count, when training goes on. */
  readonly initialEpoch?: number;
  /** Ends training after the steps that are running. */
  readonly signal?: AbortSignal;
}

interface FitInput {
  readonly model: Traceable & { readonly name: string };
  readonly setup: TrainingSetup;
  readonly state: TrainState;
  readonly x: Samples | BatchSource;
  readonly y: Samples | undefined;
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
  positiveInteger("fit", "batchSize", batchSize);
  positiveInteger("fit", "epochs", epochs);
  const pace = new Pace();
  const common = { model, setup, state, seed, pace };
  const data = await trainingData(model, setup, x, y, options);
  const planned = Math.max(0, epochs - initialEpoch);
  const source =
    data.batches === undefined
      ? await samplesInMemory({ ...common, ...data, batchSize, shuffle, epochs: planned })
      : batchesFrom(data.batches, common);
  follow(() => source.current.model);
  const validate = await validationOf(model, setup, source, data.validation, { batchSize, pace, epochs: planned });

  const recorder = new HistoryRecorder();
  let stopped: History["stopped"] = "done";
  let restored: WeightCopy | undefined;
  const controls: TrainingControls = {
    modelName: model.name,
    initialEpoch,
    epochs,
    stepsPerEpoch: source.stepsPerEpoch,
    batchSize: data.batches === undefined ? batchSize : undefined,
    stop: () => {
      if (stopped === "done") stopped = "callback";
    },
    copyWeights: () => copiedWeights(source.current.model),
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
    if (bad >= 0) throw await notFinite({ epoch, step: bad - firstStep - ran, inputs: data.batches === undefined ? [data.x, data.y] : [] });
  };

  let logs: Logs = {};
  let ran = 0;
  await tell((callback) => callback.onTrainBegin?.(controls));
  await source.ready;
  for (let epoch = initialEpoch; epoch < epochs && stopped === "done" && signal?.aborted !== true; epoch++) {
    await tell((callback) => callback.onEpochBegin?.(epoch, controls));
    const steps = await source.run(epoch, async (step) => {
      if (signal?.aborted === true) stopped = "aborted";
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
    logs = await logsOf(source.current.tally, setup);
    if (source.stepsPerEpoch !== undefined && steps < source.stepsPerEpoch) break;
    logs = { ...logs, ...(await validate()) };
    recorder.add(epoch, logs);
    await tell((callback) => callback.onEpochEnd?.(epoch, logs, controls));
  }
  if (signal?.aborted === true) stopped = "aborted";
  await tell((callback) => callback.onTrainEnd?.(logs, controls));
  return { history: recorder.finish(stopped), state: source.current.model, restored };
}

interface Pair {
  readonly x: Tensor;
  readonly y: Tensor;
}
/** Samples from number `from` on. */
type Validation = (Pair & { readonly from?: number }) | { readonly batches: BatchSource } | undefined;
/** The first `count` samples. */
type TrainingData = { readonly validation: Validation } & (
  | (Pair & { readonly count: number; readonly batches?: undefined })
  | { readonly batches: BatchSource }
);

/** What to train on and what to validate on, checked. */
async function trainingData(
  model: Traceable,
  setup: TrainingSetup,
  x: Samples | BatchSource,
  y: Samples | undefined,
  options: FitOptions,
): Promise<TrainingData> {
  const given = options.validationData;
  const validation =
    given === undefined
      ? undefined
      : isPair(given)
        ? await checkedPair("fit", model, setup, given[0], given[1], "validationData")
        : { batches: given };
  if (isBatchSource(x)) {
    if (options.validationSplit !== undefined)
      throw new GradsmithError("option", "fit", "validationSplit needs samples in memory, and x is a dataset.", "Give validationData.");
    return { batches: x, validation };
  }
  if (y === undefined) throw new GradsmithError("data", "fit", "y is missing.", "Call fit(x, y, options), or give a dataset of { x, y }.");
  const whole = await checkedPair("fit", model, setup, x, y, "x");
  const { validationSplit = 0 } = options;
  if (!(validationSplit >= 0 && validationSplit < 1)) {
    throw new GradsmithError(
      "option",
      "fit",
      `validationSplit must be at least 0 and less than 1, got ${String(validationSplit)}.`,
      "It is the fraction of the samples that is held back.",
    );
  }
  const count = whole.x.shape[0]!;
  const kept = validation === undefined ? Math.floor(count * (1 - validationSplit)) : count;
  if (kept === 0)
    throw new GradsmithError(
      "data",
      "fit",
      `validationSplit ${validationSplit} leaves none of the ${count} samples to train on.`,
      "Choose a smaller fraction.",
    );
  // Both gather their batches from the whole: nothing is copied, and bytes stay bytes.
  return { ...whole, count: kept, validation: kept === count ? validation : { ...whole, from: kept } };
}

const isPair = (given: readonly [Samples, Samples] | BatchSource): given is readonly [Samples, Samples] => Array.isArray(given);

/** Features and targets that fit each other, the model and the loss. */
export async function checkedPair(
  where: string,
  model: Traceable,
  setup: TrainingSetup,
  x: Samples,
  y: Samples,
  name: string,
): Promise<Pair> {
  const pair = { x: samplesOf(where, name, x), y: samplesOf(where, "y", y) };
  checkFeatures(where, pair.x, model.blueprint.input.shape, name);
  checkCounts(where, pair.x, pair.y);
  checkTargetShape(where, setup.loss, pair.y, model.blueprint.output.shape);
  await checkTargetRange(where, setup.loss, pair.y, model.blueprint.output.shape);
  return pair;
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
  if ("batches" in validation) return async () => prefixed(await evaluateBatches(model, setup, source.current.model, validation.batches));
  const over = (): Promise<Evaluation> =>
    evaluation(model, setup, source.current.model, { ...validation, ...options, expectedRuns: options.epochs });
  // Batches one by one give new tensors each time; loops keep theirs in place.
  if (source.stepsPerEpoch === undefined) return async () => prefixed(await (await over()).run());
  const kept = await over();
  await kept.ready;
  return async () => prefixed(await kept.run());
}

const prefixed = (logs: Logs): Logs => Object.fromEntries(Object.entries(logs).map(([name, value]) => [`val_${name}`, value]));

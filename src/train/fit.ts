import { watchSlowCompilers } from "../backends/slow-compilers.ts";
import { anything, countingNumber, flag, oneOf, positiveInteger, wholeNumber } from "../core/checks.ts";
import { GradsmithError } from "../core/errors.ts";
import { checkOptions, described } from "../core/options.ts";
import { showType } from "../core/shape.ts";
import { flatten, paths } from "../core/tree.ts";
import type { NamedTensors } from "../optim/optimizer.ts";
import { isTensor } from "../runtime/trace.ts";
import type { Tensor } from "../tensor/tensor.ts";
import type { Batch, BatchSource } from "./batches.ts";
import { isBatchSource } from "./batches.ts";
import type { Callback, TrainingControls, WeightCopy } from "./callback.ts";
import type { StepsPerCall } from "./calls.ts";
import type { ClassWeight } from "./checked-batch.ts";
import { checkedBatch } from "./checked-batch.ts";
import type { Checkpoint } from "./checkpoint.ts";
import type { TrainingSetup } from "./compile-options.ts";
import { stateControls } from "./controls.ts";
import { batchesFrom, samplesInMemory } from "./epoch-source.ts";
import type { Evaluation } from "./evaluate.ts";
import { evaluateBatches, evaluation } from "./evaluate.ts";
import type { Figures, History, Logs } from "./history.ts";
import { HistoryRecorder } from "./history.ts";
import { notFinite } from "./not-finite.ts";
import type { Traceable } from "./objective.ts";
import { overwrite } from "./overwrite.ts";
import type { ModelPrograms } from "./programs.ts";
import type { Verbosity } from "./progress.ts";
import { progressFor } from "./progress.ts";
import type { ModelFile } from "./read-model-file.ts";
import type { SampleTree } from "./samples.ts";
import { countOf } from "./samples.ts";
import { logsOf } from "./tally.ts";
import type { TrainState } from "./train-state.ts";
import type { Progressing } from "./training-step.ts";

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
    classWeight: anything,
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
  readonly programs: ModelPrograms;
  readonly name: string;
  readonly state: TrainState;
  /** A training to go on with, whose state that is. */
  readonly resumed: Checkpoint | undefined;
  readonly x: SampleTree | BatchSource;
  readonly y: SampleTree | undefined;
  readonly options: FitOptions;
  /** Is told what state the steps go on over: that of `state` may be gone. */
  readonly follow: (state: TrainState) => void;
}

export interface FitResult {
  readonly history: History;
  /** What a callback wants the model to hold instead. */
  readonly restored: WeightCopy | undefined;
}

/** Trains from `state` on, whose memory is taken over; what comes of it is in the state that is followed. */
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

async function train(
  { programs, name, state, resumed, x, y, options, follow }: FitInput,
  callbacks: readonly Callback[],
): Promise<FitResult> {
  const { model, setup } = programs;
  const { batchSize = 32, epochs = 1, shuffle = true, signal } = options;
  const { seed, initialEpoch, batch: firstBatch } = placeOf(options, resumed);
  const data = await trainingData(model, setup, x, y, options);
  const planned = Math.max(0, epochs - initialEpoch);
  const common = { programs, state, seed };
  const source =
    data.batches === undefined
      ? await samplesInMemory({ ...common, ...data, batchSize, shuffle, epochs: planned })
      : await batchesFrom(data.batches, { ...common, classWeight: options.classWeight, resumedIn: resumed?.place.epoch });
  const { progressing } = source;
  follow(progressing.model);
  /** Where the training is, at the boundaries of its calls. */
  const place = { seed, epoch: initialEpoch, batch: firstBatch };
  const validation = await validationOf(programs, progressing.model, data.validation, { batchSize, epochs: planned });

  const recorder = new HistoryRecorder();
  let stopped: History["stopped"] = "done";
  let restored: WeightCopy | undefined;
  const controls: TrainingControls = {
    ...stateControls(model, setup.optimizer, {
      state: () => progressing.model,
      checkpoint: () => ({ state: progressing.model, extra: extraOf(progressing), place: { ...place } }),
      setHyperparameter: (key, value) => overwrite(progressing.model.hyperparameters[key]!, [value]),
    }),
    modelName: name,
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
    validate: async () => {
      if (validation !== undefined) return validation.run();
      throw new GradsmithError("usage", "validate", "there is nothing to validate on.", "Give fit validationData or validationSplit.");
    },
  };
  /** Whether training goes on. A callback's word comes before the signal's. */
  const goesOn = (): boolean => {
    if (stopped === "done" && signal?.aborted === true) stopped = "aborted";
    return stopped === "done";
  };
  const tell = async (what: (callback: Callback) => void | Promise<void> | undefined): Promise<void> => {
    for (const callback of callbacks) await what(callback);
  };
  const tellAfterSteps = async (step: number): Promise<void> => {
    let known: Promise<Logs> | undefined;
    const logs = (): Promise<Logs> => (known ??= logsOf(progressing.tally, setup));
    for (const callback of callbacks) {
      await callback.onSteps?.(step, logs, controls);
      if (callback.onBatchEnd !== undefined) await callback.onBatchEnd(step, await logs(), controls);
    }
  };
  const stepsPerCall = stepsPerCallOf(options.stepsPerCall, callbacks);
  const firstStep = await progressing.model.step.item();
  let ran = 0;
  const checkFinite = async (epoch: number): Promise<void> => {
    const bad = await progressing.firstBad.item();
    if (bad >= 0)
      throw await notFinite({ epoch, step: bad - firstStep - ran, samples: data.batches === undefined ? data.samples : undefined });
  };

  let logs: Logs = {};
  await tell((callback) => callback.onTrainBegin?.(controls));
  if (!(await unlessAborted(Promise.all([source.ready, validation?.ready]), signal))) {
    // What is still being compiled is nobody's any more.
    source.abandon();
    validation?.abandon();
  }
  for (let epoch = initialEpoch; epoch < epochs && goesOn(); epoch++) {
    await tell((callback) => callback.onEpochBegin?.(epoch, controls));
    if (!goesOn()) break;
    source.begin(epoch);
    let steps = 0;
    if (resumed !== undefined && epoch === initialEpoch) {
      steps = firstBatch;
      await restore(progressing, resumed.extra);
    }
    ran -= steps;
    let isWhole = true;
    for await (steps of source.steps(steps, stepsPerCall)) {
      Object.assign(place, { epoch, batch: steps });
      await checkFinite(epoch);
      await tellAfterSteps(steps);
      if (goesOn() || steps === source.stepsPerEpoch) continue;
      isWhole = false;
      break;
    }
    if (steps === 0)
      throw new GradsmithError(
        "data",
        "fit",
        `no batches came in epoch ${epoch + 1}.`,
        "Give a dataset that can be walked through once per epoch.",
      );
    ran += steps;
    logs = await logsOf(progressing.tally, setup);
    if (!isWhole) break;
    logs = { ...logs, ...(await validation?.run()) };
    recorder.add(epoch, logs);
    Object.assign(place, { epoch: epoch + 1, batch: 0 });
    await tell((callback) => callback.onEpochEnd?.(epoch, logs, controls));
  }
  goesOn();
  await tell((callback) => callback.onTrainEnd?.(logs, controls));
  return { history: recorder.finish(stopped), restored };
}

/** Where training begins. */
function placeOf(
  { seed, initialEpoch }: FitOptions,
  resumed: Checkpoint | undefined,
): { readonly seed: number; readonly initialEpoch: number; readonly batch: number } {
  if (resumed === undefined) return { seed: seed ?? 0, initialEpoch: initialEpoch ?? 0, batch: 0 };
  const { place } = resumed;
  const others = { seed: [seed, place.seed], initialEpoch: [initialEpoch, place.epoch] } as const;
  for (const [name, [given, found]] of Object.entries(others)) {
    if (given !== undefined && given !== found)
      throw new GradsmithError(
        "option",
        "fit",
        `${name} is ${given}, but the training in resumeFrom has ${found}.`,
        `Leave out ${name}: the file says it.`,
      );
  }
  return { seed: place.seed, initialEpoch: place.epoch, batch: place.batch };
}

/** What a training carries from step to step besides the state of its model, by name. */
const carried = ({ tally, firstBad }: Progressing): { readonly tally: Progressing["tally"]; readonly firstBad: Tensor } => ({
  tally,
  firstBad,
});

function extraOf(progressing: Progressing): NamedTensors {
  const { leaves } = flatten(carried(progressing), isTensor);
  return Object.fromEntries(paths(carried(progressing), isTensor).map((path, i) => [path, leaves[i]!]));
}

/** Puts what a checkpoint holds of it in its place. */
async function restore(progressing: Progressing, extra: NamedTensors): Promise<void> {
  const found = Object.entries(extraOf(progressing));
  for (const [path, tensor] of found) {
    const value = extra[path];
    if (value === undefined || showType(value) !== showType(tensor) || Object.keys(extra).length !== found.length)
      throw new GradsmithError(
        "file",
        "fit",
        "the training in resumeFrom measured something else.",
        "Compile the model with the same metrics.",
      );
    overwrite(tensor, await value.read());
  }
}

/** How many steps a call has: where a callback asks for every batch, one. */
function stepsPerCallOf(wished: StepsPerCall = "auto", callbacks: readonly Callback[]): StepsPerCall {
  const asks = ({ onBatchEnd, everyBatch = wished === "auto" }: Callback): boolean => onBatchEnd !== undefined && everyBatch;
  return callbacks.some(asks) ? 1 : wished;
}

/** Whether the work was done before the signal came. */
async function unlessAborted(work: Promise<unknown>, signal: AbortSignal | undefined): Promise<boolean> {
  if (signal === undefined) {
    await work;
    return true;
  }
  if (signal.aborted) return false;
  let stop = (): void => {};
  const aborted = new Promise<boolean>((resolve) => {
    stop = () => resolve(false);
    signal.addEventListener("abort", stop);
  });
  try {
    return await Promise.race([work.then(() => true), aborted]);
  } finally {
    signal.removeEventListener("abort", stop);
  }
}

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
  readonly epochs: number;
}

/** How to compute the figures of validation; undefined without validation samples. */
async function validationOf(
  programs: ModelPrograms,
  state: TrainState,
  validation: Validation,
  { batchSize, epochs }: ValidationOptions,
): Promise<Evaluation | undefined> {
  if (validation === undefined) return undefined;
  if (validation.batches !== undefined) {
    const { batches } = validation;
    return { ready: Promise.resolve(), run: async () => prefixed(await evaluateBatches(programs, state, batches)), abandon() {} };
  }
  const kept = await evaluation(programs, state, { ...validation, batchSize, expectedRuns: epochs });
  return { ...kept, run: async () => prefixed(await kept.run()) };
}

const prefixed = (logs: Figures): Figures =>
  Object.fromEntries(Object.entries(logs).map(([name, value]) => [`val_${name}`, value])) as unknown as Figures;

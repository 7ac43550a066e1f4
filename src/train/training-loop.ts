import { GradsmithError } from "../core/errors.ts";
import type { Callback, TrainingControls, WeightCopy } from "./callback.ts";
import type { StepsPerCall } from "./calls.ts";
import type { Place } from "./checkpoint.ts";
import { stateControls } from "./controls.ts";
import type { Figures, History, Logs } from "./history.ts";
import { HistoryRecorder } from "./history.ts";
import { notFinite } from "./not-finite.ts";
import { overwrite } from "./overwrite.ts";
import type { PreparedTraining, TrainingRequest } from "./prepare-training.ts";
import { extraOf, restore } from "./resume.ts";
import { logsOf } from "./tally.ts";

export interface TrainingResult {
  readonly history: History;
  /** What a callback wants the model to hold instead. */
  readonly restored: WeightCopy | undefined;
}

/** The loop over epochs and calls of steps, at whose boundaries callbacks have their turn. */
export class TrainingLoop {
  readonly #request: TrainingRequest;
  readonly #training: PreparedTraining;
  readonly #callbacks: readonly Callback[];
  readonly #controls: TrainingControls;
  readonly #recorder = new HistoryRecorder();
  /** Where the training is, at the boundaries of its calls. */
  #place: Place;
  #stopped: History["stopped"] = "done";
  #restored: WeightCopy | undefined;
  /** The number of the first step of this training, and of its current epoch, of all steps that the state has seen. */
  #firstStep = 0;
  #epochBegan = 0;
  #ran = 0;
  #logs: Logs = {};

  constructor(request: TrainingRequest, training: PreparedTraining, callbacks: readonly Callback[]) {
    this.#request = request;
    this.#training = training;
    this.#callbacks = callbacks;
    this.#place = training.place;
    this.#controls = this.#makeControls();
  }

  async run(): Promise<TrainingResult> {
    const { epoch: first } = this.#place;
    const { epochs = 1 } = this.#request.options;
    this.#firstStep = await this.#training.source.progressing.model.step.item();
    await this.#tell((callback) => callback.onTrainBegin?.(this.#controls));
    for (let epoch = first; epoch < epochs && this.#goesOn(); epoch++) if (!(await this.#runEpoch(epoch))) break;
    this.#goesOn();
    await this.#tell((callback) => callback.onTrainEnd?.(this.#logs, this.#controls));
    return { history: this.#recorder.finish(this.#stopped), restored: this.#restored };
  }

  /** Whether the epoch was gone through as a whole. */
  async #runEpoch(epoch: number): Promise<boolean> {
    const { source, validation, place } = this.#training;
    const { resumed, options } = this.#request;
    await this.#tell((callback) => callback.onEpochBegin?.(epoch, this.#controls));
    if (!this.#goesOn()) return false;
    source.begin();
    let steps = 0;
    if (resumed !== undefined && epoch === place.epoch) {
      steps = place.batch;
      await restore(source.progressing, resumed.extra);
    }
    this.#epochBegan = this.#firstStep + this.#ran - steps;
    const before = steps;
    let figures = this.#figures();
    for await (steps of source.steps(steps, stepsPerCallOf(options.stepsPerCall, this.#callbacks))) {
      this.#place = { ...this.#place, epoch, batch: steps };
      figures = this.#figures();
      await this.#checkFinite(steps === source.stepsPerEpoch ? figures : undefined);
      await this.#tellOfSteps(steps, figures);
      if (this.#goesOn() || steps === source.stepsPerEpoch) continue;
      this.#logs = await figures();
      return false;
    }
    if (steps === 0 && this.#goesOn())
      throw new GradsmithError(
        "data",
        "fit",
        `no batches came in epoch ${epoch + 1}.`,
        "Give a dataset that can be walked through once per epoch.",
      );
    this.#ran += steps - before;
    this.#logs = { ...(await figures()), ...(await validation?.run()) };
    this.#recorder.add(epoch, this.#logs);
    this.#place = { ...this.#place, epoch: epoch + 1, batch: 0 };
    await this.#tell((callback) => callback.onEpochEnd?.(epoch, this.#logs, this.#controls));
    return true;
  }

  /** Whether training goes on. A callback's word comes before the signal's. */
  #goesOn(): boolean {
    if (this.#stopped === "done" && this.#request.options.signal?.aborted === true) this.#stopped = "aborted";
    return this.#stopped === "done";
  }

  async #tell(what: (callback: Callback) => void | Promise<void> | undefined): Promise<void> {
    for (const callback of this.#callbacks) {
      const work = what(callback);
      // Epochs of small models are shorter than a thousand turns of nothing.
      if (work !== undefined) await work;
    }
  }

  /** The figures of a boundary, read once if somebody wants them. */
  #figures(): () => Promise<Figures> {
    let known: Promise<Figures> | undefined;
    return () => {
      known ??= logsOf(this.#training.source.progressing.tally, this.#request.programs.setup);
      return known;
    };
  }

  async #tellOfSteps(step: number, logs: () => Promise<Logs>): Promise<void> {
    for (const callback of this.#callbacks) {
      const work = callback.onSteps?.(step, logs, this.#controls);
      if (work !== undefined) await work;
      if (callback.onBatchEnd !== undefined) await callback.onBatchEnd(step, await logs(), this.#controls);
    }
  }

  /** Figures are given where they are wanted anyway. */
  async #checkFinite(figures: (() => Promise<Figures>) | undefined): Promise<void> {
    const { source, data } = this.#training;
    const { tally, firstBad } = source.progressing;
    // A loss that isn't a finite number makes the total one that isn't either.
    if (Number.isFinite(figures === undefined ? await tally.total.item() : (await figures()).loss)) return;
    const bad = await firstBad.item();
    if (bad < 0) return;
    const samples = data.batches === undefined ? data.samples : undefined;
    throw await notFinite({ epoch: this.#place.epoch, step: bad - this.#epochBegan, samples });
  }

  #makeControls(): TrainingControls {
    const { programs, name, options } = this.#request;
    const { source, validation, data, place } = this.#training;
    const { progressing, stepsPerEpoch } = source;
    return {
      ...stateControls(programs.model, programs.setup.optimizer, {
        state: () => progressing.model,
        checkpoint: () => ({ state: progressing.model, extra: extraOf(progressing), place: this.#place }),
        setHyperparameter: (key, value) => overwrite(progressing.model.hyperparameters[key]!, [value]),
      }),
      modelName: name,
      initialEpoch: place.epoch,
      epochs: options.epochs ?? 1,
      stepsPerEpoch,
      batchSize: data.batches === undefined ? (options.batchSize ?? 32) : undefined,
      stop: () => {
        if (this.#stopped === "done") this.#stopped = "callback";
      },
      restoreWeights: (weights) => {
        this.#restored = weights;
      },
      validate: async () => {
        if (validation !== undefined) return validation.run();
        throw new GradsmithError("usage", "validate", "there is nothing to validate on.", "Give fit validationData or validationSplit.");
      },
    };
  }
}

/** How many steps a call has: where a callback asks for every batch, one. */
function stepsPerCallOf(wished: StepsPerCall = "auto", callbacks: readonly Callback[]): StepsPerCall {
  const asks = ({ onBatchEnd, everyBatch = wished === "auto" }: Callback): boolean => onBatchEnd !== undefined && everyBatch;
  return callbacks.some(asks) ? 1 : wished;
}

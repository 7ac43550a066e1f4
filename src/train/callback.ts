import { callable, flag } from "../core/checks.ts";
import type { TypedArray } from "../core/dtype.ts";
import type { OptionChecks } from "../core/options.ts";
import type { Logs } from "./history.ts";

/** Copies of a model's variables, by name. */
export type WeightCopy = Readonly<Record<string, TypedArray>>;

/** What a callback can do to the training it watches. */
export interface TrainingControls {
  /** The name of the model that is trained. */
  readonly modelName: string;
  /** The first epoch of this run, and the one after the last that is planned. */
  readonly initialEpoch: number;
  /** One after the last epoch that is planned. */
  readonly epochs: number;
  /** Unknown where batches come one by one. */
  readonly stepsPerEpoch: number | undefined;
  /** Unknown where batches come one by one. */
  readonly batchSize: number | undefined;
  /** Training ends before the next step, or where an epoch is done, after it. */
  stop(): void;
  /** The rate of the next step: with a schedule, the schedule's. */
  learningRate(): Promise<number>;
  /**
   * Sets the rate from the next step on, for the next `fit` too; nothing is compiled anew.
   *
   * @throws GradsmithError "option" unless it is a number of at least 0, "usage" where the optimizer has a schedule.
   */
  setLearningRate(value: number): void;
  /**
   * Writes the model to a file as `model.save` does, with all that is needed to go on: what the optimizer remembers, its rate, and the place in
   * the data. To be waited for.
   *
   * @throws GradsmithError "file" where the file can't be written, "usage" if the model can't be saved or training goes on meanwhile.
   */
  saveCheckpoint(path: string): Promise<void>;
  /**
   * The figures of the validation samples with the weights of this moment, as `val_loss` and its like.
   *
   * @throws GradsmithError "usage" where `fit` was given none.
   */
  validate(): Promise<Logs>;
  /** Copies of all variables as they are now. */
  copyWeights(): Promise<WeightCopy>;
  /** What the model will hold after training, instead of the last weights. */
  restoreWeights(weights: WeightCopy): void;
}

/** Something that watches training. Every member may be async and is waited for. */
export interface Callback {
  /** When a compiler has been at one of the training's programs for half a second: which program, and which compiler. */
  onSlowCompiler?(what: string): void | Promise<void>;
  /** Before the first epoch. */
  onTrainBegin?(controls: TrainingControls): void | Promise<void>;
  /** Before an epoch, counted from 0. */
  onEpochBegin?(epoch: number, controls: TrainingControls): void | Promise<void>;
  /** Whether `onBatchEnd` comes for every batch, whatever `stepsPerCall` says; by default where that is "auto". */
  readonly everyBatch?: boolean;
  /**
   * After every batch; where `fit` was given a number of `stepsPerCall`, after every so many, and at an epoch's end. `step` counts from 1 within the
   * epoch, and `logs` are the means so far.
   */
  onBatchEnd?(step: number, logs: Logs, controls: TrainingControls): void | Promise<void>;
  /** After every call of some steps, for those that only show how it goes: figures are computed when asked for. */
  onSteps?(step: number, logs: () => Promise<Logs>, controls: TrainingControls): void | Promise<void>;
  /** With validation figures, where there are any. */
  onEpochEnd?(epoch: number, logs: Logs, controls: TrainingControls): void | Promise<void>;
  /** Whatever ended the training, errors aside. */
  onTrainEnd?(logs: Logs, controls: TrainingControls): void | Promise<void>;
}

/** What each member can be. */
export const callbackChecks: OptionChecks<Callback> = {
  onSlowCompiler: callable,
  onTrainBegin: callable,
  onEpochBegin: callable,
  everyBatch: flag,
  onBatchEnd: callable,
  onSteps: callable,
  onEpochEnd: callable,
  onTrainEnd: callable,
};

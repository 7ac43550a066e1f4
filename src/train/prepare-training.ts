import { flatten } from "../core/tree.ts";
import { ownState } from "../runtime/loop.ts";
import { computeSoon } from "../runtime/read.ts";
import { isTensor } from "../runtime/trace.ts";
import type { BatchSource } from "./batches.ts";
import type { Checkpoint, Place } from "./checkpoint.ts";
import type { EpochSource } from "./epoch-source.ts";
import { batchesFrom, samplesInMemory } from "./epoch-source.ts";
import type { Evaluation } from "./evaluate.ts";
import { evaluateBatches, evaluation } from "./evaluate.ts";
import type { FitOptions } from "./fit-options.ts";
import type { Figures } from "./history.ts";
import type { ModelPrograms } from "./programs.ts";
import { placeOf } from "./resume.ts";
import type { SampleTree } from "./samples.ts";
import type { TrainState } from "./train-state.ts";
import type { TrainingData, Validation } from "./training-data.ts";
import { trainingData } from "./training-data.ts";

/** What is to be trained, on what, and how. */
export interface TrainingRequest {
  readonly programs: ModelPrograms;
  readonly name: string;
  readonly state: TrainState;
  /** The same in memory that may be overwritten from then on. */
  readonly claim: (state: TrainState) => TrainState;
  /** A training to go on with, whose state that is. */
  readonly resumed: Checkpoint | undefined;
  readonly x: SampleTree | BatchSource;
  readonly y: SampleTree | undefined;
  readonly options: FitOptions;
  /** Is told what state the steps go on over: that of `state` may be gone. */
  readonly follow: (state: TrainState) => void;
}

/** A training whose programs are ready. */
export interface PreparedTraining {
  readonly source: EpochSource;
  /** The figures of the validation samples; undefined where there are none. */
  readonly validation: Evaluation | undefined;
  readonly data: TrainingData;
  /** Where it begins. */
  readonly place: Place;
}

/** Checks the data and makes all programs. Touches nothing of the model's if `isGivenUp` says so after something had to be waited for. */
export async function prepareTraining(
  { programs, state, claim, resumed, x, y, options, follow }: TrainingRequest,
  isGivenUp: () => boolean,
): Promise<PreparedTraining | undefined> {
  const { batchSize = 32, epochs = 1, shuffle = true } = options;
  const place = placeOf(options, resumed);
  const data = await trainingData(programs.model, programs.setup, x, y, options);
  await computeSoon(flatten(state, isTensor).leaves);
  if (isGivenUp()) return undefined;
  const own = ownState(claim(state), { takes: true });
  follow(own);
  const planned = Math.max(0, epochs - place.epoch);
  const common = { programs, state: own, seed: place.seed, firstEpoch: place.epoch };
  const source =
    data.batches === undefined
      ? await samplesInMemory({ ...common, ...data, batchSize, shuffle, epochs: planned })
      : await batchesFrom(data.batches, {
          ...common,
          classWeight: options.classWeight,
          isResumed: resumed !== undefined,
          signal: options.signal,
        });
  const validation = await validationOf(programs, own, data.validation, { batchSize, epochs: planned });
  await Promise.all([source.ready, validation?.ready]);
  return { source, validation, data, place };
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
    return { ready: Promise.resolve(), run: async () => prefixed(await evaluateBatches(programs, state, batches)) };
  }
  const kept = await evaluation(programs, state, { ...validation, batchSize, expectedRuns: epochs });
  return { ...kept, run: async () => prefixed(await kept.run()) };
}

const prefixed = (logs: Figures): Figures =>
  Object.fromEntries(Object.entries(logs).map(([name, value]) => [`val_${name}`, value])) as unknown as Figures;

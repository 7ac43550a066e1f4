import { EventLoopPauses } from "../backends/event-loop.ts";
import { flatten } from "../core/tree.ts";
import type { BoundStep } from "../runtime/loop.ts";
import { bind, ownState } from "../runtime/loop.ts";
import { computeSoon } from "../runtime/read.ts";
import { isTensor } from "../runtime/trace.ts";
import { arange } from "../tensor/create.ts";
import { random } from "../tensor/random.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { unlessAborted } from "./abort.ts";
import type { Batch, BatchSource } from "./batches.ts";
import { epochAware, partsOf } from "./batches.ts";
import type { StepsPerCall } from "./calls.ts";
import { calls, countOfSteps, stepsOf } from "./calls.ts";
import type { ClassWeight } from "./checked-batch.ts";
import { checkedBatch } from "./checked-batch.ts";
import { overwrite } from "./overwrite.ts";
import type { EpochState, ModelPrograms, Pass, TrainingPass } from "./programs.ts";
import { integer } from "./programs.ts";
import { emptyTally } from "./tally.ts";
import type { TrainState } from "./train-state.ts";
import type { Progressing } from "./training-step.ts";

/** The steps of epochs, wherever their samples come from. */
export interface EpochSource {
  /** Resolves when no step will wait for a compiler. */
  readonly ready: Promise<unknown>;
  /** Unknown for batches that come one by one. */
  readonly stepsPerEpoch: number | undefined;
  /** What training has come to, in memory that steps go on over. */
  readonly progressing: Progressing;
  /** Begins the next epoch: nothing of it is done yet. */
  begin(): void;
  /** Runs the steps of the epoch that has begun, from one on; after each call, how many are done. Whoever stops asking stops the steps. */
  steps(from: number, stepsPerCall: StepsPerCall): AsyncGenerator<number>;
}

export interface SourceOptions {
  readonly programs: ModelPrograms;
  /** Of `ownState`. */
  readonly state: TrainState;
  readonly seed: number;
  readonly firstEpoch: number;
}

interface MemoryOptions extends SourceOptions {
  readonly samples: Batch;
  /** How many of the samples to train on: the first ones. */
  readonly count: number;
  readonly batchSize: number;
  readonly shuffle: boolean;
  readonly epochs: number;
}

/**
 * Epochs over samples in memory. Choosing the samples of a mini-batch is part of the program, and so is shuffling: an epoch is a handful of
 * calls. A last, smaller batch has a program of its own over the same state.
 */
export async function samplesInMemory(options: MemoryOptions): Promise<EpochSource> {
  const { programs, samples, count, shuffle, epochs } = options;
  const batchSize = Math.min(options.batchSize, count);
  const [whole, rest] = [Math.floor(count / batchSize), count % batchSize];
  const pauses = new EventLoopPauses();
  const { state, stepKey, orderKey } = await beginning(options, shuffle ? { samples: arange(count) } : {});
  const inputs = { ...samples, key: stepKey };
  await pauses.pause();
  const main = bind(programs.fit, [state, inputs, batchSize], whole * epochs);
  await pauses.pause();
  const last = rest > 0 ? bind(programs.fit, [state, inputs, rest], epochs) : undefined;
  await pauses.pause();
  // Only what changes between epochs; the weights are not touched.
  const changing: EpochState = { tally: state.progressing.tally, pass: state.pass };
  const begin = bind(programs.beginEpoch, [changing, { key: orderKey }, count], epochs);
  const bound: readonly BoundStep[] = [main, begin, ...(last === undefined ? [] : [last])];
  const steps = { main, whole, last };
  return {
    ready: Promise.all(bound.map((step) => step.ready)),
    stepsPerEpoch: countOfSteps(steps),
    progressing: state.progressing,
    begin: () => begin.run(1),
    steps(from, stepsPerCall) {
      if (from > 0) overwrite(state.pass.position, [from * batchSize]);
      return calls(steps, { from, size: stepsOf(main, stepsPerCall), pauses });
    },
  };
}

interface BatchesOptions extends SourceOptions {
  /** Whether an earlier run is gone on with. */
  readonly isResumed: boolean;
  readonly classWeight?: ClassWeight | undefined;
  /** Ends the waiting for a compiler. */
  readonly signal: AbortSignal | undefined;
}

/** Epochs over batches that a dataset hands out one by one. */
export async function batchesFrom(
  batches: BatchSource,
  { programs, classWeight, isResumed, signal, ...options }: BatchesOptions,
): Promise<EpochSource> {
  const { model, setup, fitBatch, beginEpoch } = programs;
  const pauses = new EventLoopPauses();
  const { state, stepKey, orderKey } = await beginning({ programs, ...options }, {});
  const { progressing, pass } = state;
  const begin = bind(beginEpoch, [{ tally: progressing.tally, pass }, { key: orderKey }, 0], 1);
  let toResume = isResumed;
  let latest: BoundStep | undefined;
  return {
    ready: begin.ready,
    stepsPerEpoch: undefined,
    progressing,
    begin() {
      // The order of the batches may depend on it.
      if (toResume) epochAware(batches)?.setEpoch(options.firstEpoch);
      toResume = false;
      begin.run(1);
    },
    async *steps(from, stepsPerCall) {
      let done = 0;
      for await (const given of batches) {
        // What an earlier run has done of this epoch.
        if (done < from) {
          done++;
          continue;
        }
        const { x, y, weight } = partsOf("fit", given);
        const batch = await checkedBatch("fit", model, setup, { x, y, sampleWeight: weight, classWeight, isHandedOut: true });
        latest = bind(fitBatch, [progressing, { ...batch, key: stepKey }], manyBatches);
        const { ready } = latest;
        if ((await unlessAborted(() => ready.then(() => true), signal)) === undefined) return;
        latest.run(1);
        done++;
        await pauses.pause();
        if (done % stepsOf(latest, stepsPerCall) === 0) yield done;
      }
      if (latest !== undefined && done % stepsOf(latest, stepsPerCall) > 0) yield done;
    },
  };
}

/** Batches expected of a dataset that doesn't say how many it has. */
const manyBatches = 1000;

/** A training before its first step, in memory of its own. */
interface Beginning {
  readonly state: TrainingPass;
  /** Each step folds its number into it. */
  readonly stepKey: Tensor;
  /** Each epoch's order folds the epoch's number into it. */
  readonly orderKey: Tensor;
}

async function beginning({ programs, state, seed, firstEpoch }: SourceOptions, order: Pass["order"]): Promise<Beginning> {
  const [stepKey, orderKey] = random.split(random.key(seed), 2) as [Tensor, Tensor];
  const pass = { epoch: integer(firstEpoch), position: integer(0), order };
  const progressing = { model: state, tally: emptyTally(programs.setup), firstBad: integer(-1) };
  // One program for all that is small.
  await computeSoon([stepKey, orderKey, ...flatten({ progressing, pass }, isTensor).leaves]);
  return { state: ownState({ progressing, pass }, { takes: true }), stepKey, orderKey };
}

import { flatten, map } from "../core/tree.ts";
import { compile } from "../runtime/compile.ts";
import type { Loop } from "../runtime/loop.ts";
import { loop } from "../runtime/loop.ts";
import { computeSoon } from "../runtime/read.ts";
import { isTensor } from "../runtime/trace.ts";
import { arange, full } from "../tensor/create.ts";
import { random } from "../tensor/random.ts";
import type { Tensor } from "../tensor/tensor.ts";
import type { Batch, BatchSource } from "./batches.ts";
import { partsOf } from "./batches.ts";
import type { ClassWeight } from "./checked-batch.ts";
import { checkedBatch } from "./checked-batch.ts";
import type { TrainingSetup } from "./compile-options.ts";
import type { Traceable } from "./objective.ts";
import type { Pace } from "./pace.ts";
import { macrotask } from "./pace.ts";
import { emptyTally } from "./tally.ts";
import type { TrainState } from "./train-state.ts";
import type { Progressing, StepInput } from "./training-step.ts";
import { trainingStep } from "./training-step.ts";

/** Runs the steps of epochs, wherever their samples come from. */
export interface EpochSource {
  readonly ready: Promise<void>;
  /** Unknown for batches that come one by one. */
  readonly stepsPerEpoch: number | undefined;
  /** What training has come to. In memory that later steps overwrite. */
  readonly current: Progressing;
  /** Runs one epoch; after each piece of it `goOn` says whether to continue. How many steps were run. */
  run(epoch: number, goOn: (step: number) => Promise<boolean>): Promise<number>;
}

export interface SourceOptions {
  readonly model: Traceable;
  readonly setup: TrainingSetup;
  readonly state: TrainState;
  readonly seed: number;
  readonly pace: Pace;
}

interface MemoryOptions extends SourceOptions {
  readonly samples: Batch;
  /** How many of the samples to train on: the first ones. */
  readonly count: number;
  readonly batchSize: number;
  readonly shuffle: boolean;
  readonly epochs: number;
}

/** A pass over samples in memory: where it is, and in which order it takes them. */
interface Pass {
  readonly epoch: Tensor;
  readonly position: Tensor;
  /** Sample numbers in the order of this epoch; nothing when they are not shuffled. */
  readonly order: { readonly samples?: Tensor };
  readonly tally: Progressing["tally"];
}
interface WholeState {
  readonly progressing: Progressing;
  readonly pass: Omit<Pass, "tally">;
}

/**
 * Epochs over samples in memory. Choosing the samples of a mini-batch is part of the program, and so is shuffling: an epoch is a handful of
 * calls. A last, smaller batch has a program of its own over the same state.
 */
export async function samplesInMemory(options: MemoryOptions): Promise<EpochSource> {
  const { model, setup, seed, samples, count, shuffle, epochs, pace } = options;
  const { precision } = setup;
  const batchSize = Math.min(options.batchSize, count);
  const [whole, rest] = [Math.floor(count / batchSize), count % batchSize];
  const key = random.key(seed);
  const [stepKeys, orderKeys] = random.split(key, 2) as [Tensor, Tensor];

  const step =
    (size: number) =>
    ({ progressing, pass }: WholeState, { key: runKey, ...given }: StepInput): WholeState => {
      const places = arange(size).add(pass.position);
      const rows = pass.order.samples === undefined ? places : pass.order.samples.gather(places);
      const batch = { ...rowsOf(given, rows), key: runKey };
      return { progressing: trainingStep(model, setup, progressing, batch), pass: { ...pass, position: pass.position.add(size) } };
    };
  const first: WholeState = {
    progressing: { model: options.state, tally: emptyTally(setup), firstBad: full([], -1, { dtype: "i32" }) },
    pass: { epoch: integer(0), position: integer(0), order: shuffle ? { samples: arange(count) } : {} },
  };
  const inputs: StepInput = { ...samples, key: stepKeys };
  await computeSoon(flatten(first, isTensor).leaves);
  await macrotask();
  const main = loop(step(batchSize), first, inputs, { name: "fit", expectedRuns: whole * epochs, takeState: true, precision });
  const parts: { readonly loop: Loop<WholeState>; readonly steps: number }[] = [{ loop: main, steps: whole }];
  await macrotask();
  if (rest > 0) parts.push({ loop: loop(step(rest), main.state, inputs, { name: "fit rest", expectedRuns: epochs, precision }), steps: 1 });
  await macrotask();
  const { progressing, pass } = main.state;

  // Only what changes between epochs is in this loop's state; the weights are not touched.
  const begin = loop(
    ({ epoch }: Pass, given: { key: Tensor }): Pass => ({
      epoch: epoch.add(1),
      position: integer(0),
      order: shuffle ? { samples: random.permutation(count, { key: random.foldIn(given.key, epoch) }) } : {},
      tally: emptyTally(setup),
    }),
    { ...pass, tally: progressing.tally },
    { key: orderKeys },
    { name: "fit begin", expectedRuns: epochs },
  );
  return {
    ready: Promise.all([begin.ready, ...parts.map((part) => part.loop.ready)]).then(() => undefined),
    stepsPerEpoch: whole + (rest > 0 ? 1 : 0),
    current: progressing,
    async run(_epoch, goOn) {
      begin.run(1);
      let done = 0;
      for (const part of parts) {
        const before = done;
        let goes = true;
        const ran = await pace.run(part.loop, part.steps, async (steps) => (goes = await goOn(before + steps)));
        done += ran;
        if (!goes) break;
      }
      return done;
    },
  };
}

/** The samples of these numbers. */
export const rowsOf = (samples: Batch, rows: Tensor): Batch => map(samples, isTensor, (leaf) => leaf.gather(rows)) as Batch;

/** Epochs over batches that a dataset hands out one by one. */
export function batchesFrom(
  batches: BatchSource,
  { model, setup, state, seed, pace, classWeight }: SourceOptions & { readonly classWeight?: ClassWeight | undefined },
): EpochSource {
  const key = random.key(seed);
  const step = compile((progressing: Progressing, given: StepInput): Progressing => trainingStep(model, setup, progressing, given), {
    donate: [0],
    name: "fit",
    precision: setup.precision,
  });
  let current: Progressing = { model: state, tally: emptyTally(setup), firstBad: integer(-1) };
  return {
    ready: Promise.resolve(),
    stepsPerEpoch: undefined,
    get current() {
      return current;
    },
    async run(_epoch, goOn) {
      current = { ...current, tally: emptyTally(setup) };
      let done = 0;
      let shown = performance.now();
      for await (const given of batches) {
        const { x, y, weight } = partsOf("fit", given);
        const batch = await checkedBatch("fit", model, setup, { x, y, sampleWeight: weight, classWeight, isHandedOut: true });
        await step.prepare(current, { ...batch, key });
        current = step(current, { ...batch, key });
        done++;
        await pace.pause();
        if (performance.now() - shown < 30) continue;
        shown = performance.now();
        if (!(await goOn(done))) break;
      }
      return done;
    },
  };
}

const integer = (value: number): Tensor => full([], value, { dtype: "i32" });

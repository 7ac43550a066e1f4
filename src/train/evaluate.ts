import { EventLoopPauses } from "../backends/event-loop.ts";
import { flatten } from "../core/tree.ts";
import { bind, ownState } from "../runtime/loop.ts";
import { computeSoon } from "../runtime/read.ts";
import { isTensor } from "../runtime/trace.ts";
import type { Batch, BatchSource } from "./batches.ts";
import { partsOf } from "./batches.ts";
import { calls, stepsOf } from "./calls.ts";
import type { ClassWeight } from "./checked-batch.ts";
import { checkedBatch } from "./checked-batch.ts";
import type { Figures } from "./history.ts";
import type { EvaluationPass, ModelPrograms } from "./programs.ts";
import { integer } from "./programs.ts";
import { countOf } from "./samples.ts";
import { emptyTally, logsOf } from "./tally.ts";
import type { TrainState } from "./train-state.ts";

/** Loss and metrics of a model on samples, computed again whenever asked, with the weights of that moment. */
export interface Evaluation {
  readonly ready: Promise<unknown>;
  run(): Promise<Figures>;
}

interface EvaluationOptions {
  readonly samples: Batch;
  /** The number of the first sample to evaluate; all of them if not said. */
  readonly from?: number;
  readonly batchSize: number;
  /** How often `run` will be called, as far as is known. */
  readonly expectedRuns?: number;
}

/** An evaluation of samples in memory. `state` holds the weights; steps that train on its memory are seen. */
export async function evaluation(
  { evaluate, beginEvaluation, setup }: ModelPrograms,
  state: TrainState,
  { samples, from = 0, batchSize, expectedRuns = 1 }: EvaluationOptions,
): Promise<Evaluation> {
  const pauses = new EventLoopPauses();
  const count = countOf(samples.x) - from;
  const size = evaluationBatch(count, batchSize);
  const [whole, rest] = [Math.floor(count / size), count % size];
  const empty: EvaluationPass = { position: integer(from), tally: emptyTally(setup) };
  await computeSoon(flatten(empty, isTensor).leaves);
  const pass = ownState(empty, { takes: true });
  const input = { state, samples };
  const begin = bind(beginEvaluation, [pass, integer(from)], expectedRuns);
  await pauses.pause();
  const main = bind(evaluate, [pass, input, size], whole * expectedRuns);
  await pauses.pause();
  const last = rest > 0 ? bind(evaluate, [pass, input, rest], expectedRuns) : undefined;
  const ready = Promise.all([begin, main, last].map((step) => step?.ready));
  return {
    ready,
    async run() {
      await ready;
      begin.run(1);
      const steps = calls({ main, whole, last }, { from: 0, size: stepsOf(main, "auto"), pauses });
      while ((await steps.next()).done !== true);
      return logsOf(pass.tally, setup);
    },
  };
}

/** The batch size asked for, or the nearest larger one that leaves no rest: the figures are means, so it changes nothing but the work. */
function evaluationBatch(count: number, batchSize: number): number {
  for (let size = Math.min(batchSize, count); size <= Math.min(count, 8 * batchSize); size++) if (count % size === 0) return size;
  return Math.min(batchSize, count);
}

interface BatchesOptions {
  readonly classWeight?: ClassWeight | undefined;
}

/** Loss and metrics of a model on batches that are walked through once. */
export async function evaluateBatches(
  { evaluateBatch, model, setup }: ModelPrograms,
  state: TrainState,
  batches: BatchSource,
  { classWeight }: BatchesOptions = {},
): Promise<Figures> {
  const pauses = new EventLoopPauses();
  const tally = ownState(emptyTally(setup), { takes: true });
  for await (const given of batches) {
    const { x, y, weight } = partsOf("evaluate", given);
    const batch = await checkedBatch("evaluate", model, setup, { x, y, sampleWeight: weight, classWeight, isHandedOut: true });
    const step = bind(evaluateBatch, [tally, state, batch], manyBatches);
    await step.ready;
    step.run(1);
    await pauses.pause();
  }
  return logsOf(tally, setup);
}

/** Batches expected of a dataset that doesn't say how many it has. */
const manyBatches = 1000;

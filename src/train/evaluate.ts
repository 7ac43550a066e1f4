import { compile } from "../runtime/compile.ts";
import type { Loop } from "../runtime/loop.ts";
import { loop } from "../runtime/loop.ts";
import { arange, full } from "../tensor/create.ts";
import type { Tensor } from "../tensor/tensor.ts";
import type { Batch, BatchSource } from "./batches.ts";
import { partsOf } from "./batches.ts";
import type { ClassWeight } from "./checked-batch.ts";
import { checkedBatch } from "./checked-batch.ts";
import type { TrainingSetup } from "./compile-options.ts";
import { rowsOf } from "./epoch-source.ts";
import type { Figures } from "./history.ts";
import type { Traceable } from "./objective.ts";
import { objective } from "./objective.ts";
import type { Pace } from "./pace.ts";
import { macrotask } from "./pace.ts";
import { countOf } from "./samples.ts";
import type { Tally } from "./tally.ts";
import { addToTally, emptyTally, logsOf } from "./tally.ts";
import type { TrainState } from "./train-state.ts";

/** Loss and metrics of a model on samples, computed again whenever asked, with the weights of that moment. */
export interface Evaluation {
  readonly ready: Promise<void>;
  run(): Promise<Figures>;
}

interface EvaluationInput {
  readonly samples: Batch;
  /** The number of the first sample to evaluate; all of them if not said. */
  readonly from?: number;
  readonly batchSize: number;
  readonly pace: Pace;
  /** How often `run` will be called, as far as is known. */
  readonly expectedRuns?: number;
}

interface Pass {
  readonly position: Tensor;
  readonly tally: Tally;
}

/** An evaluation of samples in memory. `state` holds the weights; loops that train on the same state are seen. */
export async function evaluation(
  model: Traceable,
  setup: TrainingSetup,
  state: TrainState,
  { samples, from = 0, batchSize, pace, expectedRuns = 1 }: EvaluationInput,
): Promise<Evaluation> {
  const { precision } = setup;
  const count = countOf(samples.x) - from;
  const size = evaluationBatch(count, batchSize);
  const [whole, rest] = [Math.floor(count / size), count % size];
  const step =
    (batch: number) =>
    ({ position, tally }: Pass, given: { state: TrainState; samples: Batch }): Pass => {
      const chosen = rowsOf(given.samples, arange(batch).add(position));
      const aims = objective(model, setup, given.state.variables, chosen);
      return { position: position.add(batch), tally: addToTally(tally, setup, aims, chosen) };
    };
  const empty = (): Pass => ({ position: full([], from, { dtype: "i32" }), tally: emptyTally(setup) });
  const begin = loop<Pass, object>(() => empty(), empty(), {}, { name: "evaluate begin", expectedRuns });
  const inputs = { state, samples };
  const parts: { loop: Loop<Pass>; steps: number }[] = [];
  await macrotask();
  if (whole > 0)
    parts.push({
      loop: loop(step(size), begin.state, inputs, { name: "evaluate", expectedRuns: whole * expectedRuns, precision }),
      steps: whole,
    });
  await macrotask();
  if (rest > 0) parts.push({ loop: loop(step(rest), begin.state, inputs, { name: "evaluate rest", expectedRuns, precision }), steps: 1 });
  return {
    ready: Promise.all([begin.ready, ...parts.map((part) => part.loop.ready)]).then(() => undefined),
    async run() {
      await begin.ready;
      begin.run(1);
      for (const part of parts) await pace.run(part.loop, part.steps, () => true);
      return logsOf(begin.state.tally, setup);
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
  model: Traceable,
  setup: TrainingSetup,
  state: TrainState,
  batches: BatchSource,
  { classWeight }: BatchesOptions = {},
): Promise<Figures> {
  const step = compile(
    (tally: Tally, { variables }: TrainState, batch: Batch): Tally =>
      addToTally(tally, setup, objective(model, setup, variables, batch), batch),
    { donate: [0], name: "evaluate", precision: setup.precision },
  );
  let tally = emptyTally(setup);
  for await (const given of batches) {
    const { x, y, weight } = partsOf("evaluate", given);
    const batch = await checkedBatch("evaluate", model, setup, { x, y, sampleWeight: weight, classWeight, isHandedOut: true });
    await step.prepare(tally, state, batch);
    tally = step(tally, state, batch);
  }
  return logsOf(tally, setup);
}

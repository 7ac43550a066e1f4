import { compile } from "../runtime/compile.ts";
import type { Loop } from "../runtime/loop.ts";
import { loop } from "../runtime/loop.ts";
import { arange, full } from "../tensor/create.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { checkBatch } from "./check-batch.ts";
import type { TrainingSetup } from "./compile-options.ts";
import type { Logs } from "./history.ts";
import type { Traceable } from "./objective.ts";
import { objective } from "./objective.ts";
import type { Pace } from "./pace.ts";
import { macrotask } from "./pace.ts";
import type { BatchSource } from "./samples.ts";
import type { Tally } from "./tally.ts";
import { addToTally, emptyTally, logsOf } from "./tally.ts";
import type { TrainState } from "./train-state.ts";

/** Loss and metrics of a model on samples, computed again whenever asked, with the weights of that moment. */
export interface Evaluation {
  readonly ready: Promise<void>;
  run(): Promise<Logs>;
}

interface EvaluationInput {
  readonly x: Tensor;
  readonly y: Tensor;
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
  { x, y, from = 0, batchSize, pace, expectedRuns = 1 }: EvaluationInput,
): Promise<Evaluation> {
  const { precision } = setup;
  const count = x.shape[0]! - from;
  const size = evaluationBatch(count, batchSize);
  const [whole, rest] = [Math.floor(count / size), count % size];
  const step =
    (batch: number) =>
    ({ position, tally }: Pass, given: { state: TrainState; x: Tensor; y: Tensor }): Pass => {
      const rows = arange(batch).add(position);
      const target = given.y.gather(rows);
      const { loss, prediction } = objective(model, setup.loss, given.state.variables, given.x.gather(rows), target);
      return { position: position.add(batch), tally: addToTally(tally, setup, loss, target, prediction) };
    };
  const empty = (): Pass => ({ position: full([], from, { dtype: "i32" }), tally: emptyTally(setup) });
  const begin = loop<Pass, object>(() => empty(), empty(), {}, { name: "evaluate begin", expectedRuns });
  const inputs = { state, x, y };
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

/** Loss and metrics of a model on batches that are walked through once. */
export async function evaluateBatches(model: Traceable, setup: TrainingSetup, state: TrainState, batches: BatchSource): Promise<Logs> {
  const step = compile(
    (tally: Tally, variables: TrainState, x: Tensor, y: Tensor): Tally => {
      const { loss, prediction } = objective(model, setup.loss, variables.variables, x, y);
      return addToTally(tally, setup, loss, y, prediction);
    },
    { donate: [0], name: "evaluate", precision: setup.precision },
  );
  let tally = emptyTally(setup);
  for await (const { x, y } of batches) {
    await checkBatch("evaluate", model, setup, { x, y });
    await step.prepare(tally, state, x, y);
    tally = step(tally, state, x, y);
  }
  return logsOf(tally, setup);
}

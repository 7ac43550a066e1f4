// model.fit() against the bare loop over the same network and samples, in one process and in turns: one line of JSON.
import * as gradsmith from "gradsmith";
import { bareLoop } from "./bare-loop.ts";
import { median } from "./measure.ts";
import { networks } from "./networks.ts";
import type { Samples } from "./workload.ts";
import { givenWorkload, halfRange, readSamples } from "./workload.ts";

const { adam, dense, sequential, sgd, tensor } = gradsmith;

/** What is asked of a fit process, in BENCH_FIT. */
export interface FitPlan {
  readonly turnMs: number;
  /** Turns are taken until there are enough of them for a median, and for this long, but no more than `mostTurns`. */
  readonly fewestTurns: number;
  readonly mostTurns: number;
  readonly totalMs: number;
  readonly verbose: 0 | 1 | 2;
}

/** What a fit process tells the harness. */
export interface FitLine {
  readonly tier: string;
  /** Medians over the turns, in microseconds for each step. */
  readonly fitUs: number;
  readonly bareUs: number;
  /** Median of the turns' ratios: a turn's two halves follow one another, so that both meet the same machine. */
  readonly ratio: number;
  readonly turns: number;
  readonly epochsPerTurn: number;
  readonly stepsPerEpoch: number;
  /** From the call of fit(), or of loop(), to the end of the first epoch. */
  readonly fitStartMs: number;
  readonly bareStartMs: number;
  /** From the call of another fit() of the same shapes to the end of its first epoch. */
  readonly secondStartMs: number;
}

const relu = { activation: "relu" } as const;
const perceptron = {
  model: () => sequential([dense(512, relu), dense(512, relu), dense(10, { activation: "softmax" })], { inputShape: [784] }),
  compiled: { optimizer: adam({ learningRate: 1e-3 }), loss: "sparseCategoricalCrossentropy" },
} as const;
const problems = {
  W1: {
    model: () => sequential([dense(20, relu), dense(30, relu), dense(1)], { inputShape: [10] }),
    compiled: { optimizer: sgd({ learningRate: 0.01 }), loss: "mse" },
  },
  W2: {
    model: () => sequential([dense(100, relu), dense(100, relu), dense(1, { activation: "sigmoid" })], { inputShape: [10] }),
    compiled: { optimizer: adam({ learningRate: 1e-3 }), loss: "binaryCrossentropy" },
  },
  W3a: perceptron,
  W3b: perceptron,
} as const;

const workload = givenWorkload();
const plan = JSON.parse(process.env["BENCH_FIT"]!) as FitPlan;
const size = workload.shape.reduce((product, extent) => product * extent, 1);
const { x: allX, y: allY } = readSamples(workload, "bytes");
console.log(JSON.stringify(await compare({ x: allX.slice(0, workload.samples * size), y: allY.slice(0, workload.samples) })));

/** A callback of fit() runs the bare loop between the epochs, for as many as fit() has just run. */
async function compare(samples: Samples): Promise<FitLine> {
  let start = performance.now();
  const bare = bareLoop(
    gradsmith,
    networks(gradsmith)[workload.name]!,
    workload,
    { x: samples.x.slice(), y: samples.y.slice() },
    { rest: true },
  );
  const { stepsPerEpoch } = bare;
  await bare.ready;
  const bareEpochs = async (count: number) => {
    const began = performance.now();
    for (let i = 0; i < count; i++) {
      bare.run(stepsPerEpoch);
      await bare.loss.item();
    }
    return performance.now() - began;
  };
  await bareEpochs(1);
  const bareStartMs = performance.now() - start;

  const { model, compiled } = problems[workload.name as keyof typeof problems];
  const trained = model().compile(compiled);
  const turns: { readonly fit: number; readonly bare: number }[] = [];
  let fitStartMs = 0;
  let epochsPerTurn = 0;
  let done = 0;
  let began = 0;
  const turnsOver = {
    async onEpochEnd(epoch: number, _: unknown, controls: { stop(): void }) {
      const ms = performance.now() - start;
      done++;
      if (epoch === 0) fitStartMs = ms;
      else if (epochsPerTurn === 0 && ms < plan.turnMs) return;
      else {
        // The first turn's time says how many epochs a turn has; it isn't counted.
        const isFirst = epochsPerTurn === 0;
        if (isFirst) epochsPerTurn = done;
        else if (done < epochsPerTurn) return;
        const bare = await bareEpochs(epochsPerTurn);
        if (!isFirst) turns.push({ fit: ms, bare });
        else began = performance.now();
        const isEnough = turns.length >= plan.fewestTurns && performance.now() - began > plan.totalMs;
        if (isEnough || turns.length === plan.mostTurns) controls.stop();
      }
      done = 0;
      start = performance.now();
    },
  };
  const stored = tensor(samples.x, { shape: [workload.samples, ...workload.shape] });
  const x = stored.dtype === "u8" ? stored.cast("f32").div(halfRange).sub(1) : stored;
  const y = tensor(samples.y);
  start = performance.now();
  await trained.fit(x, y, { batchSize: workload.batch, epochs: 1_000_000, verbose: plan.verbose, callbacks: [turnsOver] });
  start = performance.now();
  await trained.fit(x, y, { batchSize: workload.batch, epochs: 1, verbose: plan.verbose });
  const secondStartMs = performance.now() - start;
  // Between the bare loop's turns before and after it, so that a drift of the machine cancels.
  const ratios = turns.slice(1).map(({ fit, bare }, i) => (2 * fit) / (turns[i]!.bare + bare));
  const perStep = 1000 / (epochsPerTurn * stepsPerEpoch);
  return {
    tier: bare.tier,
    fitUs: median(turns.map(({ fit }) => fit)) * perStep,
    bareUs: median(turns.map(({ bare }) => bare)) * perStep,
    ratio: median(ratios),
    turns: turns.length,
    epochsPerTurn,
    stepsPerEpoch,
    fitStartMs,
    bareStartMs,
    secondStartMs,
  };
}

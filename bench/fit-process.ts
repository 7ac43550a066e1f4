// model.fit() against the bare loop over the same network and samples, in one process and in turns: one line of JSON.
import * as gradsmith from "gradsmith";
import { bareLoop } from "./bare-loop.ts";
import { median } from "./measure.ts";
import { networks } from "./networks.ts";
import type { Samples } from "./workload.ts";
import { givenWorkload, readSamples } from "./workload.ts";

const { adam, dense, sequential, sgd, tensor } = gradsmith;

/** What is asked of a fit process, in BENCH_FIT. */
export interface FitPlan {
  readonly turns: number;
  readonly turnMs: number;
  readonly verbose: 0 | 1 | 2;
}

/** What a fit process tells the harness. */
export interface FitLine {
  readonly tier: string;
  /** Medians over the turns, in microseconds for each step. */
  readonly fitUs: number;
  readonly bareUs: number;
  /** Median and range of the turns' ratios: a turn's two halves follow one another, so that both meet the same machine. */
  readonly ratio: number;
  readonly low: number;
  readonly high: number;
  readonly turns: number;
  readonly epochsPerTurn: number;
  readonly stepsPerEpoch: number;
  /** From the call of fit(), or of loop(), to the end of the first epoch. */
  readonly fitStartMs: number;
  readonly bareStartMs: number;
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
console.log(JSON.stringify(await compare(readSamples(workload))));

/** A callback of fit() runs the bare loop between the epochs, for as many as fit() has just run. */
async function compare(samples: Samples): Promise<FitLine> {
  let start = performance.now();
  const bare = bareLoop(gradsmith, networks(gradsmith)[workload.name]!, workload, samples, { rest: true });
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
        if (turns.length === plan.turns) controls.stop();
      }
      done = 0;
      start = performance.now();
    },
  };
  const [x, y] = [tensor(samples.x, { shape: [workload.samples, ...workload.shape] }), tensor(samples.y)];
  start = performance.now();
  await trained.fit(x, y, { batchSize: workload.batch, epochs: 1_000_000, verbose: plan.verbose, callbacks: [turnsOver] });
  const ratios = turns.map(({ fit, bare }) => fit / bare);
  const perStep = 1000 / (epochsPerTurn * stepsPerEpoch);
  return {
    tier: bare.tier,
    fitUs: median(turns.map(({ fit }) => fit)) * perStep,
    bareUs: median(turns.map(({ bare }) => bare)) * perStep,
    ratio: median(ratios),
    low: Math.min(...ratios),
    high: Math.max(...ratios),
    turns: turns.length,
    epochsPerTurn,
    stepsPerEpoch,
    fitStartMs,
    bareStartMs,
  };
}

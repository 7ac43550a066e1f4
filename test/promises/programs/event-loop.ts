// Trains while a timer ticks, and prints how long it waited for each of its turns, in ms: before the first step and after it.
import { adam, dense, dropout, random, sequential } from "gradsmith";

const [width = "100", epochs = "20"] = process.argv.slice(2);
const x = random.uniform([10_000, 10], { seed: 3, low: -1, high: 1 });
const y = x.square().sum({ axis: 1, keepDims: true }).sin().greaterEqual(0).cast("f32");
await Promise.all([x.read(), y.read()]);

const gaps: { at: number; ms: number }[] = [];
let last = performance.now();
const ticker = setInterval(() => {
  const now = performance.now();
  gaps.push({ at: now, ms: now - last });
  last = now;
}, 1);

const model = sequential(
  [
    dense(Number(width), { activation: "relu" }),
    dropout(0.2),
    dense(Number(width), { activation: "relu" }),
    dense(1, { activation: "sigmoid" }),
  ],
  { inputShape: [10] },
).compile({ optimizer: adam(), loss: "binaryCrossentropy", metrics: ["accuracy"] });
let firstStep = Number.NaN;
await new Promise((resolve) => setTimeout(resolve, 20));
const began = performance.now();
await model.fit(x, y, {
  epochs: Number(epochs),
  batchSize: 64,
  validationSplit: 0.1,
  verbose: 0,
  callbacks: [
    {
      onBatchEnd() {
        if (Number.isNaN(firstStep)) firstStep = performance.now();
      },
    },
  ],
});
const ended = performance.now();
await new Promise((resolve) => setTimeout(resolve, 5));
clearInterval(ticker);
const waits = (from: number, to: number): number[] => gaps.filter(({ at }) => at > from && at <= to).map(({ ms }) => ms);
const report = {
  beforeMs: firstStep - began,
  afterMs: ended - firstStep,
  before: waits(began, firstStep),
  after: waits(firstStep, ended + 5),
};
console.log(JSON.stringify(report));

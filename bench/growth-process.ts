// One multilayer perceptron trained with Adam, its step timed and its memory measured: one line of JSON.
import { adam, crossEntropy, initialSlots, loop, random, type Tensor, updateTree, valueAndGrad, zeros } from "gradsmith";
import { peakMegabytes } from "./measure.ts";
import { operationsOf } from "./operations.ts";

export interface GrowthPoint {
  readonly batch: number;
  /** Features, units of each layer, classes. */
  readonly sizes: readonly number[];
}

export interface GrowthLine {
  readonly parameters: number;
  /** Of a step, as the program counts them. */
  readonly operations: number;
  readonly us: number;
  readonly firstStepMs: number;
  /** Most memory the process had, and how much before the network was made. */
  readonly peakMb: number;
  readonly emptyMb: number;
}

const { batch, sizes } = JSON.parse(process.env["BENCH_GROWTH"]!) as GrowthPoint;
const optimizer = adam({ learningRate: 1e-4 });
const layers = sizes.slice(1).map((units, i) => ({ inputs: sizes[i]!, units }));
const emptyMb = peakMegabytes();
const start = performance.now();

const params = Object.fromEntries(
  layers.flatMap(({ inputs, units }, i) => {
    const limit = Math.sqrt(6 / (inputs + units));
    return [
      [`${i}/kernel`, random.uniform([inputs, units], { seed: i, low: -limit, high: limit })],
      [`${i}/bias`, zeros([units])],
    ];
  }),
) as Record<string, Tensor>;
const predict = (weights: Readonly<Record<string, Tensor>>, x: Tensor): Tensor =>
  layers.reduce((h, _, i) => {
    const y = h.matmul(weights[`${i}/kernel`]!).add(weights[`${i}/bias`]!);
    return i === layers.length - 1 ? y : y.relu();
  }, x);
const trained = loop(
  ({ model }, { x, y }) => {
    const { value, grads } = valueAndGrad((weights: Readonly<Record<string, Tensor>>) => crossEntropy(y, predict(weights, x)))(
      model.params,
    );
    return { model: updateTree(optimizer, model, grads), loss: value };
  },
  { model: { params, slots: initialSlots(optimizer, params), step: zeros([], { dtype: "i32" }) }, loss: zeros([]) },
  {
    x: random.uniform([batch, sizes[0]!], { seed: 100, low: -1, high: 1 }),
    y: random.uniform([batch], { seed: 101, low: 0, high: 10 }).cast("i32"),
  },
  { name: "growth" },
);
await trained.ready;
const run = async (count: number): Promise<number> => {
  const began = performance.now();
  trained.run(count);
  await trained.state.loss.item();
  return performance.now() - began;
};
await run(1);
const firstStepMs = performance.now() - start;

let perStep = await run(1);
for (let count = 2, spent = perStep; spent < 300; count *= 2) {
  const ms = await run(count);
  spent += ms;
  perStep = ms / count;
}
const count = Math.max(1, Math.round(60 / perStep));
const times: number[] = [];
for (let spent = 0; times.length < 3 || (spent < 600 && times.length < 9); ) {
  const ms = await run(count);
  spent += ms;
  times.push((ms * 1000) / count);
}
const line: GrowthLine = {
  parameters: layers.reduce((sum, { inputs, units }) => sum + (inputs + 1) * units, 0),
  operations: operationsOf(trained.explain()),
  us: Math.min(...times),
  firstStepMs,
  peakMb: peakMegabytes(),
  emptyMb,
};
console.log(JSON.stringify(line));

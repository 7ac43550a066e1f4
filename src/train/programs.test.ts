import { describe, expect, it } from "vitest";
import { batchNormalization } from "../nn/layers/batch-normalization.ts";
import { dense } from "../nn/layers/dense.ts";
import { dropout } from "../nn/layers/dropout.ts";
import { adam } from "../optim/adam.ts";
import { counted } from "../runtime/counters.ts";
import "../runtime/install.ts";
import { tensor } from "../tensor/create.ts";
import { random } from "../tensor/random.ts";
import type { Tensor } from "../tensor/tensor.ts";
import type { Callback } from "./callback.ts";
import { Model } from "./model.ts";
import type { Sequential } from "./sequential.ts";
import { sequential } from "./sequential.ts";

const bytes = tensor(
  Uint8Array.from({ length: 70 * 6 }, (_, i) => (i * 37) % 251),
  { shape: [70, 6] },
);
const images = (): Tensor => bytes.cast("f32").div(255);
const y = random.bernoulli([70, 1], { probability: 0.5, seed: 4 }).cast("f32");
const silent = { verbose: 0 } as const;

const network = (): Sequential =>
  sequential([dense(8, { activation: "relu" }), batchNormalization(), dropout(0.2), dense(1, { activation: "sigmoid" })], {
    inputShape: [6],
  }).compile({ optimizer: adam(), loss: "binaryCrossentropy", metrics: ["accuracy", "auc"] });

/** How many traces and programs `work` makes. */
async function made(work: () => Promise<unknown>): Promise<{ traces: number; programs: number }> {
  const before = { ...counted };
  await work();
  return { traces: counted.traces - before.traces, programs: counted.programs - before.programs };
}

const nothing = { traces: 0, programs: 0 };

describe("a second call of the same shapes traces and compiles nothing", () => {
  it("of fit, with a validation, a rest of the batches, and images from bytes", async () => {
    const model = network();
    const train = () => model.fit(images(), y, { ...silent, batchSize: 16, epochs: 2, validationSplit: 0.2 });
    expect((await made(train)).traces).toBeGreaterThan(0);
    expect(await made(train)).toEqual(nothing);
    expect(await made(train), "and a third").toEqual(nothing);
  });

  it("of fit on batches, evaluate and predict, whatever was asked of the weights between", async () => {
    const model = network();
    const batches = () => ({
      *[Symbol.iterator]() {
        for (const i of [0, 1, 2]) yield { x: images().slice([i * 20], [20]), y: y.slice([i * 20], [20]) };
      },
    });
    const once = async (): Promise<void> => {
      await model.fit(batches(), { ...silent, epochs: 2 });
      await model.evaluate(images(), y, { batchSize: 32 });
      await model.evaluate(batches());
      await model.predict(images(), { batchSize: 32 }).read();
      await model.predict(images(), { outputs: "dense" }).read();
      await model.trainState.step.item();
      await model.getWeights();
    };
    await once();
    // The first copies of weights that somebody holds are made in the second.
    await once();
    expect(await made(once)).toEqual(nothing);
  });

  it("not of a fit whose rate was set, but of one whose layer was frozen, or whose module was changed", async () => {
    class Scaled extends Model {
      factor = 1;
      readonly hidden = dense(4);
      readonly last = dense(1);
      forward(x: Tensor): Tensor {
        return this.last.apply(this.hidden.apply(x)).mul(this.factor);
      }
    }
    const model = new Scaled({ inputShape: [6] }).compile({ optimizer: adam(), loss: "mse" });
    const rates: number[] = [];
    const halve: Callback = {
      async onEpochBegin(_, controls) {
        controls.setLearningRate((await controls.learningRate()) / 2);
        rates.push(await controls.learningRate());
      },
    };
    const train = () => model.fit(images(), y, { ...silent, callbacks: [halve] });
    await train();
    expect(await made(train)).toEqual(nothing);
    expect(rates.map((rate) => rate.toFixed(7))).toEqual(["0.0005000", "0.0002500"]);
    model.hidden.trainable = false;
    expect((await made(train)).traces).toBeGreaterThan(0);
    expect(await made(train)).toEqual(nothing);
    const before = Number(await model.predict(images()).sum().item());
    model.factor = 3;
    expect(Number(await model.predict(images()).sum().item()) / before).toBeCloseTo(3, 4);
    expect((await made(train)).traces).toBeGreaterThan(0);
  });
});

it("programs of a model are those of its weights: frozen ones don't change, set ones are seen", async () => {
  const model = network();
  await model.fit(images(), y, { ...silent, epochs: 2 });
  const first = await model.evaluate(images(), y);
  const weights = await model.getWeights();
  model.setWeights(Object.fromEntries(Object.entries(weights).map(([path, value]) => [path, value.map((x) => x / 2)])));
  expect((await model.evaluate(images(), y)).loss).not.toBe(first.loss);
  model.setWeights(weights);
  expect(await model.evaluate(images(), y)).toEqual(first);
});

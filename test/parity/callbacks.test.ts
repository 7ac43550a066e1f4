import { describe, expect, it } from "vitest";
import { dense } from "../../src/nn/layers/dense.ts";
import { sgd } from "../../src/optim/sgd.ts";
import "../../src/runtime/install.ts";
import { zeros } from "../../src/tensor/create.ts";
import type { Callback } from "../../src/train/callback.ts";
import { learningRateScheduler } from "../../src/train/callbacks/learning-rate-scheduler.ts";
import { reduceLROnPlateau } from "../../src/train/callbacks/reduce-lr-on-plateau.ts";
import { sequential } from "../../src/train/sequential.ts";
import { kerasFixture } from "../fixtures/keras/read.ts";

interface Fixture {
  /** Of the loss of each epoch, in 32nds. */
  readonly roots: readonly number[];
  readonly reduceLROnPlateau: readonly { readonly options: object; readonly rates: readonly number[] }[];
  readonly learningRateScheduler: readonly number[];
}
const fixture = kerasFixture<Fixture>("callbacks");

/** The rate after each epoch of a training whose validation losses are the fixture's: of a network that gives 0 and stays as it is. */
async function ratesOf(callback: Callback): Promise<number[]> {
  const rates: number[] = [];
  const losses: number[] = [];
  let epoch = 0;
  const validationData = {
    *[Symbol.iterator]() {
      yield { x: [[0]], y: [[fixture.roots[epoch++]! / 32]] };
    },
  };
  const watch: Callback = {
    async onEpochEnd(_epoch, logs, controls) {
      losses.push(logs["val_loss"]!);
      rates.push(await controls.learningRate());
    },
  };
  const model = sequential([dense(1, { useBias: false })], { inputShape: [1] }).compile({
    optimizer: sgd({ learningRate: 0.1 }),
    loss: "mse",
  });
  const epochs = fixture.roots.length;
  await model.fit(zeros([1, 1]), zeros([1, 1]), { epochs, validationData, callbacks: [callback, watch], verbose: 0 });
  expect(losses).toEqual(fixture.roots.map((root) => (root * root) / 1024));
  return rates;
}

describe("callbacks that set the learning rate agree with Keras in every epoch, to the bit", () => {
  for (const { options, rates } of fixture.reduceLROnPlateau) {
    it(`reduceLROnPlateau ${JSON.stringify(options)}`, async () => {
      expect(await ratesOf(reduceLROnPlateau(options))).toEqual(rates);
    });
  }

  it("learningRateScheduler", async () => {
    const scheduler = learningRateScheduler((epoch, rate) => (epoch < 5 ? rate : rate * 0.9));
    expect(await ratesOf(scheduler)).toEqual(fixture.learningRateScheduler);
  });
});

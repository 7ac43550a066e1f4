import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { dataset } from "../data/dataset.ts";
import { batchNormalization } from "../nn/layers/batch-normalization.ts";
import { dense } from "../nn/layers/dense.ts";
import { dropout } from "../nn/layers/dropout.ts";
import { adam } from "../optim/adam.ts";
import { schedules } from "../optim/schedules.ts";
import "../runtime/install.ts";
import { random } from "../tensor/random.ts";
import type { Callback } from "./callback.ts";
import type { Sequential } from "./sequential.ts";
import { sequential } from "./sequential.ts";

const folder = mkdtempSync(join(tmpdir(), "gradsmith-resume-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const path = join(folder, "checkpoint.safetensors");

const x = random.normal([50, 3], { seed: 1 });
const y = x.sum({ axis: 1, keepDims: true });
const network = (learningRate: Parameters<typeof adam>[0] = {}): Sequential =>
  sequential([dense(6, { activation: "tanh" }), batchNormalization(), dropout(0.3), dense(1)], { inputShape: [3] }).compile({
    optimizer: adam(learningRate),
    loss: "mse",
    metrics: ["mae"],
  });
const options = { batchSize: 8, epochs: 4, seed: 9, verbose: 0, validationSplit: 0.1 } as const;

/** Saves after a batch of an epoch, and goes on. */
const saveAfter = (epoch: number, batch: number): Callback => {
  let now = -1;
  return {
    onEpochBegin: (begun) => {
      now = begun;
    },
    async onBatchEnd(step, _, controls) {
      if (now === epoch && step === batch) await controls.saveCheckpoint(path);
    },
  };
};

describe("fit goes on from a checkpoint to the bits of one that was never stopped", () => {
  it.each([
    ["in the middle of an epoch", 1, 3, {}],
    ["before the last, smaller batch", 2, 5, {}],
    ["after an epoch's last batch", 0, 6, {}],
    ["with a schedule", 1, 2, { learningRate: schedules.cosineDecay(0.01, { decaySteps: 20 }) }],
  ])("%s", async (_, epoch, batch, rate) => {
    const whole = network(rate);
    const history = await whole.fit(x, y, { ...options, callbacks: [saveAfter(epoch, batch)] });
    // Another process would begin with other weights.
    const again = network(rate);
    await again.fit(x, y, { verbose: 0, seed: 1 });
    const { seed, ...others } = options;
    const rest = await again.fit(x, y, { ...others, resumeFrom: path });
    expect(seed).toBe(9);
    expect(rest.epochs).toEqual(history.epochs.slice(epoch));
    for (const name of Object.keys(history.metrics)) expect(rest.metrics[name], name).toEqual(history.metrics[name]!.slice(epoch));
    expect(await again.getWeights()).toEqual(await whole.getWeights());
    expect(await again.trainState.step.item()).toBe(4 * 6);
  });

  it("at an epoch's end, with a rate that a callback has set", async () => {
    const halveAndSave: Callback = {
      async onEpochEnd(epoch, __, controls) {
        controls.setLearningRate((await controls.learningRate()) / 2);
        if (epoch === 1) await controls.saveCheckpoint(path);
      },
    };
    const [whole, again] = [network(), network()];
    await whole.fit(x, y, { ...options, callbacks: [halveAndSave] });
    await again.fit(x, y, { ...options, callbacks: [halveAndSave], resumeFrom: path });
    expect(await again.getWeights()).toEqual(await whole.getWeights());
  });

  it("on a dataset, which gives the batches of that epoch again", async () => {
    const batches = () => dataset({ x, y }).shuffle({ seed: 5 }).batch(8);
    const [whole, again] = [network(), network()];
    const history = await whole.fit(batches(), { epochs: 3, verbose: 0, callbacks: [saveAfter(1, 2)] });
    const rest = await again.fit(batches(), { epochs: 3, verbose: 0, resumeFrom: path });
    expect(rest.metrics.loss).toEqual(history.metrics.loss.slice(1));
    expect(await again.getWeights()).toEqual(await whole.getWeights());
  });
});

describe("what doesn't fit a checkpoint is refused", () => {
  it.each([
    ["another seed", { seed: 3 }, "seed is 3, but the training in resumeFrom has 9"],
    ["another epoch", { initialEpoch: 0 }, "initialEpoch is 0, but the training in resumeFrom has 1"],
  ])("%s", async (_, wrong, message) => {
    await network().fit(x, y, { ...options, callbacks: [saveAfter(1, 2)] });
    const { seed, ...others } = options;
    expect(seed).toBe(9);
    await expect(network().fit(x, y, { ...others, ...wrong, resumeFrom: path })).rejects.toThrow(message);
  });

  it("another optimizer", async () => {
    await network().fit(x, y, { ...options, callbacks: [saveAfter(1, 2)] });
    const other = network().compile({ optimizer: "sgd", loss: "mse", metrics: ["mae"] });
    await expect(other.fit(x, y, { verbose: 0, epochs: 4, resumeFrom: path })).rejects.toThrow("had another optimizer");
  });

  it("other figures, and a file that is no checkpoint", async () => {
    await network().fit(x, y, { ...options, callbacks: [saveAfter(1, 2)] });
    const other = network();
    other.compile({ optimizer: adam(), loss: "mse" });
    await expect(other.fit(x, y, { verbose: 0, epochs: 4, resumeFrom: path })).rejects.toThrow("measured something else");
    const plain = join(folder, "plain.safetensors");
    await other.save(plain);
    await expect(network().fit(x, y, { verbose: 0, resumeFrom: plain })).rejects.toThrow("holds no training that could go on");
  });
});

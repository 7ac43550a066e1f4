import { afterEach, beforeAll, describe, expect, it } from "vitest";
import { CpuBackend } from "../../src/backends/cpu/cpu-backend.ts";
import { registerBackend } from "../../src/backends/registry.ts";
import { WorkerBackend } from "../../src/backends/worker/worker-backend.ts";
import type { Callback, Sequential, Tensor } from "../../src/index.ts";
import {
  adam,
  batchNormalization,
  compile,
  dataset,
  dense,
  dropout,
  earlyStopping,
  loop,
  random,
  sequential,
  setDevice,
  tensor,
  valueAndGrad,
} from "../../src/index.ts";
import { QueuedBackend } from "./queued-backend.ts";

// Programs, loops, fit, callbacks, evaluate and predict on devices that are far away: not one result is there when a call returns.
const delayed = new QueuedBackend(new CpuBackend());
beforeAll(() => {
  registerBackend(delayed);
  registerBackend(new WorkerBackend());
});
afterEach(() => setDevice({ device: undefined, tier: undefined }));

/** What some work gives on the processor, and far away. */
async function compared<T>(far: string, work: () => Promise<T>): Promise<[near: T, far: T]> {
  setDevice({ device: "cpu", tier: "wasm" });
  const near = await work();
  setDevice({ device: far as never });
  delayed.mostOpen = 0;
  const result = await work();
  if (far === "queued") expect(delayed.mostOpen, "work that waited").toBeGreaterThan(1);
  return [near, result];
}

const bytes = (): Tensor =>
  tensor(
    Uint8Array.from({ length: 90 * 6 }, (_, i) => (i * 41) % 253),
    { shape: [90, 6] },
  );
const labels = (): Tensor => random.bernoulli([90, 1], { probability: 0.4, seed: 8 }).cast("f32");

const network = (): Sequential =>
  sequential([dense(7, { activation: "relu" }), batchNormalization(), dropout(0.2), dense(1, { activation: "sigmoid" })], {
    inputShape: [6],
  }).compile({ optimizer: adam(), loss: "binaryCrossentropy", metrics: ["accuracy"] });

describe.each(["queued", "worker"])("the same bits come from a device that is far away (%s)", (far) => {
  const both = <T>(work: () => Promise<T>): Promise<[near: T, far: T]> => compared(far, work);

  it("of expressions and compiled functions with donated state", async () => {
    const [near, result] = await both(async () => {
      const target = tensor([1, -2, 3]);
      const step = compile(
        (w: Tensor) => {
          const { value, grads } = valueAndGrad((v: Tensor) => v.sub(target).square().sum())(w);
          return { value, w: w.sub(grads.mul(0.1)) };
        },
        { donate: [0] },
      );
      let w = tensor([0, 0, 0]);
      const values: Tensor[] = [];
      for (let i = 0; i < 20; i++) {
        const result = step(w);
        w = result.w;
        values.push(result.value);
      }
      return [await w.read(), await Promise.all(values.map((value) => value.item())), await w.exp().add(1).array()];
    });
    expect(result).toEqual(near);
  });

  it("of a loop whose state is read between runs", async () => {
    const [near, result] = await both(async () => {
      const { run, state } = loop(
        ({ x }: { x: Tensor }, { k }: { k: Tensor }) => ({ x: x.mul(k).add(1) }),
        { x: tensor([1, 2]) },
        {
          k: tensor(0.5),
        },
      );
      const seen: unknown[] = [];
      for (const count of [1, 3, 0, 10]) {
        run(count);
        seen.push(state.x.read());
      }
      return Promise.all(seen);
    });
    expect(result).toEqual(near);
  });

  it("of fit with a validation, callbacks that look at every batch, evaluate and predict", async () => {
    const [near, result] = await both(async () => {
      const model = network();
      const seen: unknown[] = [];
      const watch: Callback = {
        async onBatchEnd(step, logs, controls) {
          seen.push([step, logs]);
          if (step === 3) seen.push(await controls.validate());
        },
        async onEpochEnd(_, __, controls) {
          controls.setLearningRate((await controls.learningRate()) * 0.7);
        },
      };
      const x = bytes().cast("f32").div(255);
      const stopping = earlyStopping({ monitor: "loss", patience: 1, restoreBestWeights: true });
      const options = { batchSize: 16, epochs: 3, seed: 2, verbose: 0, validationSplit: 0.2, callbacks: [watch, stopping] } as const;
      const history = await model.fit(x, labels(), options);
      const more = await model.fit(x, labels(), { ...options, callbacks: [] });
      const figures = await model.evaluate(x, labels(), { batchSize: 20 });
      const predicted = await model.predict(x, { batchSize: 40 }).read();
      return { history, more, seen, figures, predicted, weights: await model.getWeights() };
    });
    expect(result).toEqual(near);
  });

  it("of fit and evaluate on batches that are handed out", async () => {
    const [near, result] = await both(async () => {
      const model = network();
      const batches = dataset({ x: bytes().cast("f32").div(255), y: labels() })
        .shuffle({ seed: 3 })
        .batch(25);
      const history = await model.fit(batches, { epochs: 2, verbose: 0 });
      return [history, await model.evaluate(batches), await model.getWeights()];
    });
    expect(result).toEqual(near);
  });

  it("of tensors that go from one device to the other", async () => {
    setDevice({ device: "cpu" });
    const [a, b] = [tensor([1, 2, 3]), tensor([1, 1, 1]).add(1)];
    setDevice({ device: "queued" as never });
    const c = a.mul(b).add(1);
    expect([...(await c.read())]).toEqual([3, 5, 7]);
    setDevice({ device: "reference" });
    expect([...(await c.mul(2).sub(a).read())]).toEqual([5, 8, 11]);
  });
});

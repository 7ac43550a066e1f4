import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  adam,
  batchNormalization,
  compile,
  crossEntropy,
  dataset,
  dense,
  dropout,
  earlyStopping,
  fashionMnist,
  flatten,
  grad,
  l2,
  loadModel,
  minimize,
  random,
  sequential,
  sgd,
  type Tensor,
  type TrainState,
  tensor,
  valueAndGrad,
} from "gradsmith";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { writeImages } from "./image-folder.ts";

// The programs of the interface's description, line by line; only `verbose: 0` and the assertions are added.

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "gradsmith-acceptance-"));
});
afterAll(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true, force: true });
});

const samplesOf = (count: number, seed: number) => {
  const x = random.uniform([count, 10], { seed });
  return { x, y: x.square().sum({ axis: 1 }).sin() };
};

test("regression: the table of Keras, a loss that falls, predictions of the samples asked for", async () => {
  const { x, y } = samplesOf(10_000, 1);
  const model = sequential([dense(20, { activation: "relu" }), dense(30, { activation: "relu" }), dense(1)], { inputShape: [10] });
  const summary = model.summary();
  for (const text of ["(None, 20)", "(None, 30)", "(None, 1)"]) expect(summary).toContain(text);
  for (const params of [220, 630, 31]) expect(summary).toMatch(new RegExp(` ${params} │`));

  model.compile({ optimizer: sgd({ learningRate: 0.01 }), loss: "mse" });
  const history = await model.fit(x, y, { batchSize: 32, epochs: 10, seed: 7, verbose: 0 });
  expect(history.metrics.loss).toHaveLength(10);
  expect(history.metrics.loss!.at(-1)).toBeLessThan(history.metrics.loss![0]! / 3);

  const prediction = await model.predict(x.slice([0], [5])).read();
  expect(prediction).toHaveLength(5);
  expect(Array.from(prediction)).toEqual(
    Array.from((await model.predict(x).read()).subarray(0, 5)).map((value) => expect.closeTo(value, 5)),
  );
});

test("classification with a validation sample: the figures of each epoch, and on fresh samples", async () => {
  const { x, y } = samplesOf(10_000, 1);
  const label = y.greaterEqual(0).cast("f32");
  const { x: xTest, y: yTest } = samplesOf(2_000, 2);
  const labelTest = yTest.greaterEqual(0).cast("f32");

  const model = sequential([dense(100, { activation: "relu" }), dense(100, { activation: "relu" }), dense(1, { activation: "sigmoid" })], {
    inputShape: [10],
  });
  model.compile({ optimizer: adam(), loss: "binaryCrossentropy", metrics: ["accuracy"] });
  const history = await model.fit(x, label, { batchSize: 256, epochs: 25, validationSplit: 0.2, verbose: 0 });
  expect(Object.keys(history.metrics)).toEqual(["loss", "accuracy", "val_loss", "val_accuracy"]);
  const { loss, accuracy } = await model.evaluate(xTest, labelTest, { batchSize: 256 });
  expect(accuracy).toBeGreaterThan(0.9);
  expect(loss).toBeLessThan(0.25);
});

test("Fashion-MNIST, with 1,000 pictures made here in the place of its 70,000", { timeout: 60_000 }, async () => {
  writeImages(join(folder, "fashion-mnist"), { train: 800, test: 200 });
  vi.stubEnv("GRADSMITH_DATA", folder);

  const { train, test, classNames } = await fashionMnist();
  expect([train.images.shape, train.images.dtype, train.labels.shape, classNames.length]).toEqual([[800, 28, 28], "u8", [800], 10]);
  const scale = (images: Tensor) => images.cast("f32").div(255);
  const model = sequential(
    [
      flatten(),
      dense(512, { activation: "relu" }),
      batchNormalization(),
      dropout(0.3),
      dense(512, { activation: "relu", kernelRegularizer: l2(1e-4) }),
      dense(10, { activation: "softmax" }),
    ],
    { inputShape: [28, 28] },
  );
  model.compile({ optimizer: adam(), loss: "sparseCategoricalCrossentropy", metrics: ["accuracy"] });
  const history = await model.fit(scale(train.images), train.labels, {
    batchSize: 32,
    epochs: 5,
    validationData: [scale(test.images), test.labels],
    callbacks: [earlyStopping({ monitor: "val_loss", patience: 2, restoreBestWeights: true })],
    verbose: 0,
  });
  expect(history.metrics.accuracy!.at(-1)).toBeGreaterThan(0.95);

  await model.save(join(folder, "run/model.safetensors"));
  const loaded = await loadModel(join(folder, "run/model.safetensors"));
  expect(await loaded.predict(scale(test.images)).read()).toEqual(await model.predict(scale(test.images)).read());
});

test("a custom loop: 20 passes over a dataset with a compiled step that gives its state's memory away", async () => {
  const samples = Array.from({ length: 100 }, (_, i) => {
    const angle = i * 0.7;
    const inside = i % 2;
    const radius = inside === 1 ? 0.5 : 2;
    return { x: [radius * Math.cos(angle), radius * Math.sin(angle)], y: inside };
  });

  const model = sequential([dense(10, { activation: "relu" }), dense(2)], { inputShape: [2] });
  const optimizer = adam({ learningRate: 1e-3 });
  const state = model.init({ seed: 0, optimizer });
  const step = compile(
    (s: TrainState, x: Tensor, y: Tensor) => {
      const { value: loss, grads } = valueAndGrad((params: TrainState["params"]) => crossEntropy(y, model.applyWith(params, x)))(s.params);
      return { loss, state: s.update(optimizer, grads) };
    },
    { donate: [0] },
  );
  let trainState = state;
  const losses: number[] = [];
  for await (const { x, y } of dataset(samples).shuffle({ seed: 1 }).batch(32).repeat(20)) {
    const result = step(trainState, x, y);
    trainState = result.state;
    losses.push(await result.loss.item());
  }
  expect(losses).toHaveLength(80);
  expect(await trainState.step.item()).toBe(80);
  const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
  expect(mean(losses.slice(-4))).toBeLessThan(mean(losses.slice(0, 4)) - 0.05);

  // The model takes the outcome over.
  model.trainState = trainState;
  expect(await model.predict([[0, 0]]).read()).toEqual(await model.applyWith(trainState.params, tensor([[0, 0]])).read());
});

describe("gradients and minimisers", () => {
  const f = (w: Tensor) => w.sub(3).square().sum();

  test("the gradient of a sum of squares is twice the differences", async () => {
    const df = grad(f);
    expect(await df(tensor([1, 2])).read()).toEqual(Float32Array.of(-4, -2));
  });

  test("grad(grad(f)) of a cube is 6 w", async () => {
    const second = grad(grad((w: Tensor) => w.pow(3)));
    expect(await second(tensor(2)).item()).toBeCloseTo(12, 4);
  });

  test.each([
    ["bfgs", {}],
    ["gradientDescent", {}],
    ["adam", {}],
    ["bruteForce", { bounds: [0, 6], pointsPerAxis: 13 }],
  ] as const)("minimize by %s finds the one minimum, 3", async (method, more) => {
    const { x, value, iterations } = await minimize(f, tensor([0, 0]), { method, ...more });
    expect(Array.from(await x.read())).toEqual([expect.closeTo(3, 2), expect.closeTo(3, 2)]);
    expect(value).toBeCloseTo(0, 3);
    expect(iterations).toBeGreaterThan(0);
  });
});

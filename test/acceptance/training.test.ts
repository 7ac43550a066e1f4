import {
  activation,
  adam,
  cosineDecay,
  dataLoader,
  dataset,
  dense,
  earlyStopping,
  type FitOptions,
  lambdaCallback,
  type MetricName,
  Model,
  metrics,
  type Sequential,
  sequential,
  sgd,
  type Tensor,
  tensor,
  zeros,
} from "gradsmith";
import { describe, expect, test } from "vitest";
import { refusal } from "../refusal.ts";

const silent = { verbose: 0 } as const;
const one = (): Sequential => sequential([dense(1, { kernelInitializer: "zeros" })], { inputShape: [1] });
const linear = (features: number): Sequential => sequential([activation("linear")], { inputShape: [features] });
const kernelOf = async (model: Model): Promise<number> => (await model.getWeights())["dense/kernel"]![0]!;

test("compile again starts a schedule at its first step: cosineDecay moves on from 0.1 after 700 steps without learning", async () => {
  const after = async (before: number): Promise<number> => {
    const model = one().compile({ optimizer: sgd({ learningRate: 0 }), loss: "mse" });
    if (before > 0) await model.fit([[1]], [[9]], { ...silent, epochs: before });
    model.compile({ optimizer: sgd({ learningRate: cosineDecay(0.1, { decaySteps: 100 }) }), loss: "mse" });
    await model.fit([[1]], [[9]], { ...silent, epochs: 20 });
    return kernelOf(model);
  };
  const fresh = await after(0);
  expect(fresh).toBeGreaterThan(1);
  expect(await after(700)).toBe(fresh);
});

describe("what would undo a training's work is refused, whoever asks, and the training goes on", () => {
  const shared = dense(1, { kernelInitializer: "zeros" });
  const other = sequential([shared], { inputShape: [1] }).compile({ loss: "mse" });
  const attempts: Readonly<Record<string, (model: Sequential) => unknown>> = {
    fit: (model) => model.fit([[1]], [[9]], silent),
    "fit of a model that shares a layer": () => other.fit([[1]], [[9]], silent),
    compile: (model) => model.compile({ loss: "mae" }),
    setWeights: (model) => model.setWeights({ "dense/kernel": [[1]] }),
    "setWeights of a model that shares a layer": () => other.setWeights({ "dense/kernel": [[1]] }),
    trainState: (model) => {
      model.trainState = model.init({ seed: 3 });
    },
    "trainState of a model that shares a layer": () => {
      other.trainState = other.init({ seed: 3 });
    },
    add: (model) => model.add(dense(3)),
    build: (model) => model.build([2]),
  };
  test.each(Object.entries(attempts))("%s", async (_name, attempt) => {
    void other.weights;
    const model = sequential([shared], { inputShape: [1] }).compile({ optimizer: adam(), loss: "mse" });
    const codes: unknown[] = [];
    const tries = lambdaCallback({
      onEpochEnd: async () => {
        codes.push((await refusal(() => attempt(model)))[0]);
      },
    });
    const history = await model.fit([[1]], [[9]], { ...silent, epochs: 2, callbacks: [tries] });
    expect(codes).toEqual(["usage", "usage"]);
    expect(history.metrics.loss[1]).toBeLessThan(history.metrics.loss[0]!);
  });
});

describe("figures", () => {
  test("of several outputs from logits, weighted: as if each ended with a sigmoid", async () => {
    class Twins extends Model {
      readonly last: boolean;
      constructor(last: boolean) {
        super({ inputShape: [2] });
        this.last = last;
      }
      override forward(x: Tensor) {
        const [a, b] = [x.slice([0, 0], [x.shape[0]!, 1]), x.slice([0, 1], [x.shape[0]!, 1])];
        return this.last ? { a: a.sigmoid(), b: b.sigmoid() } : { a, b };
      }
    }
    const x = tensor([
      [0.3, -1],
      [0.4, 2],
      [-2, 0.2],
      [1.2, -0.1],
    ]);
    const y = { a: tensor([[1], [1], [0], [0]]), b: tensor([[0], [1], [1], [0]]) };
    const measured: readonly MetricName[] = ["accuracy", "precision", "recall", "auc"];
    const figures = async (fromLogits: boolean) =>
      new Twins(!fromLogits)
        .compile({
          loss: { a: ["binaryCrossentropy", { fromLogits }], b: ["binaryCrossentropy", { fromLogits }] },
          metrics: { a: measured, b: measured },
          lossWeights: { a: 1, b: 0.25 },
        })
        .evaluate(x, y);
    const [raw, squashed] = [await figures(true), await figures(false)];
    expect(Object.keys(raw).sort()).toEqual(Object.keys(squashed).sort());
    for (const [name, value] of Object.entries(squashed)) expect(raw[name], name).toBeCloseTo(value, 5);
    expect(raw).toMatchObject({ a_accuracy: 0.75, b_accuracy: 1 });
  });

  test("of soft targets are those of Keras 3.15.1: positive is what is not 0", async () => {
    const model = linear(1).compile({
      loss: "mse",
      metrics: ["precision", "recall", "auc", { ...metrics.auc({ curve: "PR" }), name: "auc_1" }, "binaryAccuracy"],
    });
    const { loss: _, ...found } = await model.evaluate([[0.3], [0.8], [0.6], [0.1]], [[0.2], [0.9], [0], [1]]);
    const wanted = { precision: 0.5, recall: 0.3333333432674408, auc: 0.3333333432674408, auc_1: 0.7689509391784668, binaryAccuracy: 0 };
    for (const [name, value] of Object.entries(wanted)) expect(found[name as "auc"], name).toBeCloseTo(value, 6);
  });
});

describe("validationSplit leaves int(n · (1 − split)) samples to train on, by the decimals as they are written", () => {
  test.each([
    [10, 0.9, 1],
    [100, 0.8, 20],
    [10, 0.1, 9],
    [10, 0.3, 7],
    [10, 0.7, 3],
    [7, 0.5, 3],
    [20, 0.35, 13],
    [50, 0.42, 29],
    [1000, 0.29, 710],
    [3, 0.6, 1],
  ])("%i samples, %d", async (count, validationSplit, wanted) => {
    const model = one().compile({ loss: "mse" });
    let trained = 0;
    const counter = lambdaCallback({ onBatchEnd: () => void trained++ });
    await model.fit(zeros([count, 1]), zeros([count, 1]), { ...silent, batchSize: 1, validationSplit, callbacks: [counter] });
    expect(trained).toBe(wanted);
  });
});

describe("what fit is given", () => {
  const x = [[1], [2]];
  const y = [1, 2];
  const samples = () => dataset({ x, y });
  const pairs = function* () {
    yield [x, y] as const;
  };
  const records = function* () {
    yield { x, y };
  };
  const later = async function* () {
    yield { x, y };
  };

  test("loaders, datasets and generators of arrays train as the samples do", async () => {
    const trained = async (train: (model: Sequential) => Promise<unknown>): Promise<number> => {
      const model = one().compile({ optimizer: "sgd", loss: "mse" });
      await train(model);
      return kernelOf(model);
    };
    const wanted = await trained((model) => model.fit(x, y, { ...silent, batchSize: 2, shuffle: false }));
    expect(wanted).not.toBe(0);
    for (const batches of [dataLoader(samples(), { batchSize: 2 }), samples().batch(2), pairs(), records(), later()])
      expect(await trained((model) => model.fit(batches as never, silent))).toBe(wanted);
    // What shape the input has, the first samples decide.
    const unshaped = sequential([dense(1, { kernelInitializer: "zeros" })]);
    unshaped.compile({ optimizer: "sgd", loss: "mse" });
    await unshaped.fit(x, y, { ...silent, shuffle: false });
    expect(await kernelOf(unshaped)).toBe(wanted);
  });

  const refused: readonly (readonly [string, object, string])[] = [
    ["callbacks that are none", { callbacks: {} }, "[fit] callbacks must be a list of callbacks, got an object. Write [earlyStopping()]."],
    [
      "a factory of callbacks",
      { callbacks: [earlyStopping] },
      "[fit] callbacks must be a list of callbacks, got [a function]. Write [earlyStopping()].",
    ],
    ["an event that is no function", { callbacks: [{ onEpochEnd: 3 }] }, "[callback] onEpochEnd must be a function, got 3."],
  ];
  test.each(refused)("%s", async (_name, options, message) => {
    const fit = () =>
      one()
        .compile({ loss: "mse" })
        .fit(x, y, { ...silent, ...options });
    expect(await refusal(fit)).toEqual(["option", message]);
  });

  test("a callback's misspelt event, in a class too, is refused; what is its own is not", async () => {
    class Watching {
      onEpochStart() {}
    }
    const watched = (callback: object) =>
      one()
        .compile({ loss: "mse" })
        .fit(x, y, { ...silent, callbacks: [callback] });
    for (const callback of [{ onEpochStart() {} }, new Watching(), { on_epoch_end() {} }])
      await expect(watched(callback)).rejects.toThrow('[callback] unknown option "on');
    await watched({ model: 3, onlyOnce: true, best: 1, onEpochEnd() {} });
  });

  const ignored: readonly (keyof FitOptions)[] = ["batchSize", "sampleWeight", "validationSplit"];
  test("what batches would ignore is refused", async () => {
    const model = one().compile({ loss: "mse" });
    const values = { batchSize: 64, sampleWeight: [1, 1], validationSplit: 0.5 };
    for (const name of ignored)
      await expect(model.fit(records(), { ...silent, [name]: values[name as "batchSize"] })).rejects.toThrow(
        `[fit] ${name} needs samples in memory, and x is a dataset.`,
      );
    for (const name of ignored.slice(0, 2))
      await expect(model.evaluate(records(), { [name]: values[name as "batchSize"] })).rejects.toThrow(
        `[evaluate] ${name} needs samples in memory, and x is a dataset.`,
      );
    // Samples to validate on come in batches of that size.
    await model.fit(records(), { ...silent, batchSize: 1, validationData: [x, y] });
  });

  test("arrays whose memory was transferred away", async () => {
    const gone = Float32Array.of(1, 2);
    structuredClone(gone.buffer, { transfer: [gone.buffer] });
    const model = one().compile({ loss: "mse" });
    const wanted = ["data", "[tensor] the array's memory was transferred away. Make the tensor before."];
    expect(await refusal(() => tensor(gone))).toEqual(wanted);
    expect(await refusal(() => model.fit(gone, gone, silent))).toEqual(wanted);
    expect(await refusal(() => model.setWeights({ "dense/kernel": gone }))).toEqual(wanted);
    expect(await refusal(() => tensor([1], { dtype: "f128" as never }))).toMatchObject(["dtype", expect.any(String)]);
  });
});

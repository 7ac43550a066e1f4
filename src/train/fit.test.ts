import { describe, expect, it } from "vitest";
import { distance, flat } from "../../test/contract/evaluated.ts";
import { kerasFixture } from "../../test/fixtures/keras/read.ts";
import "../runtime/install.ts";
import { batchNormalization } from "../nn/layers/batch-normalization.ts";
import { dense } from "../nn/layers/dense.ts";
import { dropout } from "../nn/layers/dropout.ts";
import { l2 } from "../nn/regularizers.ts";
import { adam } from "../optim/adam.ts";
import { sgd } from "../optim/sgd.ts";
import { tensor } from "../tensor/create.ts";
import { random } from "../tensor/random.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { earlyStopping } from "./callbacks/early-stopping.ts";
import type { History } from "./history.ts";
import type { Sequential } from "./sequential.ts";
import { sequential } from "./sequential.ts";

interface Fixture {
  readonly x: number[][];
  readonly y: number[][];
  readonly weights: Readonly<Record<string, number[][]>>;
  readonly history: Readonly<Record<string, number[]>>;
  readonly evaluation: Readonly<Record<string, number>>;
  readonly prediction: number[][];
}
const fixture = kerasFixture<Fixture>("training");
const silent = { verbose: 0 } as const;

const kerasModel = (): Sequential => {
  const model = sequential([dense(8, { activation: "tanh", kernelRegularizer: l2(0.01) }), dense(1, { activation: "sigmoid" })], {
    inputShape: [4],
  });
  model.setWeights(fixture.weights);
  return model.compile({ optimizer: adam({ learningRate: 0.05 }), loss: "binaryCrossentropy", metrics: ["accuracy", "auc"] });
};
const small = (): { x: Tensor; y: Tensor } => {
  const x = random.uniform([200, 3], { seed: 1 });
  return { x, y: x.sum({ axis: 1 }).sub(1.5).mul(2) };
};
const regression = (seedless = sequential([dense(8, { activation: "tanh" }), dense(1)], { inputShape: [3] })): Sequential =>
  seedless.compile({ optimizer: sgd({ learningRate: 0.1 }), loss: "mse" });

describe("training agrees with Keras from the same weights", () => {
  it("over four epochs with a smaller last batch, L2, metrics and a validation split", async () => {
    const model = kerasModel();
    const history = await model.fit(fixture.x, fixture.y, { ...silent, batchSize: 32, epochs: 4, shuffle: false, validationSplit: 0.2 });
    expect(Object.keys(history.metrics)).toEqual(["loss", "accuracy", "auc", "val_loss", "val_accuracy", "val_auc"]);
    for (const [name, values] of Object.entries(fixture.history))
      expect(distance(history.metrics[name]!, values), name).toBeLessThan(name.includes("auc") ? 5e-3 : 1e-5);
    const evaluation = await model.evaluate(fixture.x, fixture.y);
    for (const [name, value] of Object.entries(fixture.evaluation))
      expect(evaluation[name], name).toBeCloseTo(value, name === "auc" ? 2 : 5);
    const prediction = await model.predict(fixture.x.slice(0, 5)).read();
    expect(distance(Array.from(prediction), flat(fixture.prediction))).toBeLessThan(1e-5);
  });

  it("and continues when fit is called again", async () => {
    const model = kerasModel();
    const losses: number[] = [];
    for (let i = 0; i < 4; i++) {
      const { metrics } = await model.fit(fixture.x, fixture.y, { ...silent, epochs: 1, shuffle: false, validationSplit: 0.2 });
      losses.push(...metrics.loss!);
    }
    expect(distance(losses, fixture.history.loss!)).toBeLessThan(1e-5);
  });
});

describe("fit", () => {
  it("a validation split gives the same bits as samples that were split before", async () => {
    const bytes = random.uniform([50, 6], { seed: 3, high: 255 }).cast("u8");
    const part = (t: Tensor, from: number, to: number): Tensor => t.slice([from, 0], [to - from, t.shape[1]!]);
    for (const x of [bytes, bytes.cast("f32").div(255)]) {
      const y = random.uniform([50, 1], { seed: 4 });
      const run = async (train: (model: Sequential) => Promise<History>): Promise<number[][]> => {
        const model = sequential([dense(5, { activation: "relu" }), dense(1)], { inputShape: [6] });
        return Object.values((await train(model.compile({ optimizer: adam(), loss: "mse" }))).metrics).map((values) => [...values]);
      };
      const options = { ...silent, epochs: 2, batchSize: 16, seed: 9 };
      const split = await run((model) => model.fit(x, y, { ...options, validationSplit: 0.2 }));
      const apart = await run((model) =>
        model.fit(part(x, 0, 40), part(y, 0, 40), { ...options, validationData: [part(x, 40, 50), part(y, 40, 50)] }),
      );
      expect(split).toEqual(apart);
    }
  });

  it("predict gives the same bits for scaled bytes as for the floats they are", async () => {
    const bytes = random.uniform([50, 6], { seed: 3, high: 255 }).cast("u8");
    await bytes.read();
    const model = sequential([dense(5, { activation: "relu" }), dense(1)], { inputShape: [6] });
    const scaled = bytes.cast("f32").div(255);
    const floats = tensor(await bytes.cast("f32").div(255).read(), { shape: [50, 6] });
    for (const batchSize of [16, 25, 64])
      expect(await model.predict(scaled, { batchSize }).read()).toEqual(await model.predict(floats, { batchSize }).read());
  });

  it("the same seed gives the same bits, another seed others, and chunks change nothing", async () => {
    const { x, y } = small();
    const run = async (seed: number): Promise<number[]> => {
      const model = sequential([dense(8), dropout(0.3), batchNormalization(), dense(1)], { inputShape: [3] }).compile({
        optimizer: adam(),
        loss: "mse",
      });
      const { metrics } = await model.fit(x, y, { ...silent, epochs: 3, batchSize: 24, seed });
      return [...metrics.loss!, ...Object.values(await model.getWeights()).flatMap((w) => [...w])];
    };
    const first = await run(5);
    expect(await run(5)).toEqual(first);
    expect(await run(6)).not.toEqual(first);
  });

  it("learns: the loss falls to a tenth", async () => {
    const { x, y } = small();
    const { metrics } = await regression().fit(x, y, { ...silent, epochs: 20 });
    expect(metrics.loss!.at(-1)!).toBeLessThan(metrics.loss![0]! / 10);
  });

  it("takes each sample once per epoch: without learning, the loss is that of evaluate, shuffled or not", async () => {
    const { x, y } = small();
    const model = regression().compile({ optimizer: sgd({ learningRate: 0 }), loss: "mse" });
    const { loss } = await model.evaluate(x, y);
    for (const shuffle of [true, false]) {
      const { metrics } = await model.fit(x, y, { ...silent, epochs: 2, batchSize: 37, shuffle });
      expect(distance(metrics.loss!, [loss!, loss!])).toBeLessThan(1e-5);
    }
  });

  it("shuffles anew in each epoch", async () => {
    const { x, y } = small();
    const orders: string[] = [];
    const model = regression();
    await model.fit(x, y, { ...silent, epochs: 1, batchSize: 1 });
    for (const seed of [1, 2]) {
      const fresh = sequential([dense(1, { kernelInitializer: "ones" })], { inputShape: [3] }).compile({ optimizer: sgd(), loss: "mse" });
      await fresh.fit(x, y, { ...silent, epochs: 1, batchSize: 1, seed });
      orders.push(Object.values(await fresh.getWeights()).join());
    }
    expect(orders[0]).not.toBe(orders[1]);
  });

  it("batches larger than the data are the data", async () => {
    const { x, y } = small();
    const { metrics } = await regression().fit(x, y, { ...silent, batchSize: 1000, epochs: 2 });
    expect(metrics.loss).toHaveLength(2);
  });

  it("agrees with itself on a dataset of the same batches", async () => {
    const { x, y } = small();
    const batches = {
      *[Symbol.iterator]() {
        for (let i = 0; i < 200; i += 50) yield { x: x.slice([i, 0], [50, 3]), y: y.slice([i], [50]) };
      },
    };
    const [whole, parts] = [regression(), regression()];
    const a = await whole.fit(x, y, { ...silent, batchSize: 50, epochs: 3, shuffle: false, validationData: [x, y] });
    const b = await parts.fit(batches, { ...silent, epochs: 3, validationData: batches });
    expect(distance(b.metrics.loss!, a.metrics.loss!)).toBeLessThan(1e-5);
    expect(distance(b.metrics.val_loss!, a.metrics.val_loss!)).toBeLessThan(1e-5);
    expect(distance([(await parts.evaluate(batches)).loss!], [(await whole.evaluate(x, y)).loss!])).toBeLessThan(1e-5);
  });

  it("leaves weights alone that someone still holds", async () => {
    const { x, y } = small();
    const model = regression();
    await model.fit(x, y, { ...silent });
    const held = model.weights["dense/kernel"]!;
    const before = await held.read();
    await model.fit(x, y, { ...silent, epochs: 2 });
    expect(await held.read()).toEqual(before);
    expect(await model.weights["dense/kernel"]!.read()).not.toEqual(before);
  });

  it("shows callbacks the weights of the moment, in memory of their own", async () => {
    const { x, y } = small();
    const model = regression();
    const seen: { held: Tensor; then: Float32Array; predicted: number[] }[] = [];
    const watch = {
      onEpochEnd: async () => {
        const held = model.weights["dense/kernel"]!;
        const then = (await model.getWeights())["dense/kernel"] as Float32Array;
        seen.push({ held, then, predicted: [...(await model.predict(x).read())] });
      },
    };
    await model.fit(x, y, { ...silent, epochs: 3, callbacks: [watch] });
    for (const { held, then } of seen) expect(await held.read()).toEqual(then);
    expect(seen[1]!.then).not.toEqual(seen[0]!.then);
    expect(seen[2]!.then).toEqual((await model.getWeights())["dense/kernel"]);
    expect(seen[2]!.predicted).toEqual([...(await model.predict(x).read())]);
  });

  it("that fails leaves the weights as they are after its last step, to go on from", async () => {
    const { x, y } = small();
    const [model, twin] = [regression(), regression()];
    const fail = (): void => {
      throw new Error("enough");
    };
    await expect(model.fit(x, y, { ...silent, epochs: 3, callbacks: [{ onEpochEnd: fail }] })).rejects.toThrow("enough");
    await twin.fit(x, y, silent);
    expect(await model.getWeights()).toEqual(await twin.getWeights());
    const [on, twinOn] = [await model.fit(x, y, silent), await twin.fit(x, y, silent)];
    expect(on.metrics).toEqual(twinOn.metrics);
  });

  it("two models train interleaved as they do alone", async () => {
    const { x, y } = small();
    const alone = await regression().fit(x, y, { ...silent, epochs: 3 });
    const both = await Promise.all([regression().fit(x, y, { ...silent, epochs: 3 }), regression().fit(x, y, { ...silent, epochs: 3 })]);
    for (const { metrics } of both) expect(metrics.loss).toEqual(alone.metrics.loss);
  });

  it("moving statistics are learned and used at inference", async () => {
    const { x, y } = small();
    const model = sequential([batchNormalization({ momentum: 0.5 }), dense(1)], { inputShape: [3] }).compile({
      optimizer: "sgd",
      loss: "mse",
    });
    await model.fit(x.mul(3).add(5), y, { ...silent, epochs: 4 });
    const mean = await model.weights["batchNormalization/movingMean"]!.read();
    for (const value of mean) expect(value).toBeCloseTo(6.5, 0);
  });

  it("a signal ends training after the steps that run, and the weights so far are kept", async () => {
    const { x, y } = small();
    const control = new AbortController();
    const model = regression();
    const history = await model.fit(x, y, {
      ...silent,
      epochs: 50,
      signal: control.signal,
      callbacks: [
        {
          onEpochEnd: (epoch) => {
            if (epoch === 2) control.abort();
          },
        },
      ],
    });
    expect(history.stopped).toBe("aborted");
    expect(history.epochs).toEqual([0, 1, 2]);
    expect(await model.trainState.step.item()).toBe(3 * 7);
  });

  it("leaves weights alone that someone asks for while it is being prepared", async () => {
    const x = random.uniform([64, 3], { seed: 2 });
    const model = sequential([dense(4), dense(1)], { inputShape: [3] }).compile({ optimizer: "adam", loss: "mse" });
    for (const round of ["first", "second"]) {
      const before = await model.getWeights();
      const training = model.fit(x, x.sum({ axis: 1 }), { ...silent, epochs: 2 });
      const [held, { slots }] = [model.weights, model.trainState];
      const first = await Promise.all(Object.values(slots).flatMap((own) => Object.values(own).map((slot) => slot.read())));
      await training;
      for (const [path, tensor] of Object.entries(held)) expect(await tensor.read(), `${round}: ${path}`).toEqual(before[path]);
      const later = await Promise.all(Object.values(slots).flatMap((own) => Object.values(own).map((slot) => slot.read())));
      expect(later).toEqual(first);
      expect(await model.getWeights()).not.toEqual(before);
    }
  });

  it("lets the event loop turn at least every 100 ms while epochs run", { retry: 2 }, async () => {
    const x = random.uniform([6000, 64], { seed: 2 });
    const model = sequential([dense(256, { activation: "relu" }), dense(256, { activation: "relu" }), dense(1)], {
      inputShape: [64],
    }).compile({ optimizer: "adam", loss: "mse" });
    let [longest, last, turns] = [0, 0, 0];
    const turn = (): void => {
      [longest, last, turns] = [Math.max(longest, performance.now() - last), performance.now(), turns + 1];
    };
    let timer: NodeJS.Timeout | undefined;
    const watch = {
      onTrainBegin: () => {
        last = performance.now();
        timer = setInterval(turn, 2);
      },
      onTrainEnd: () => clearInterval(timer),
    };
    await model.fit(x, x.sum({ axis: 1 }), { ...silent, epochs: 6, callbacks: [watch] });
    expect(turns).toBeGreaterThan(3);
    expect(longest).toBeLessThan(100);
  });
});

describe("earlyStopping", () => {
  const x = [[1], [2]];
  it("stops after patience epochs without improvement and restores the best weights", async () => {
    const model = sequential([dense(1, { kernelInitializer: "zeros" })], { inputShape: [1] }).compile({
      optimizer: sgd({ learningRate: 0.9 }),
      loss: "mse",
    });
    const kernels: number[] = [];
    const history = await model.fit(x, [[1], [2]], {
      ...silent,
      epochs: 30,
      callbacks: [
        earlyStopping({ monitor: "loss", patience: 3, restoreBestWeights: true }),
        {
          onEpochEnd: async (_epoch, _logs, controls) => {
            kernels.push((await controls.copyWeights())["dense/kernel"]![0]!);
          },
        },
      ],
    });
    const losses = history.metrics.loss!;
    const best = losses.indexOf(Math.min(...losses));
    expect(history.stopped).toBe("callback");
    expect(losses.length - 1 - best).toBe(3);
    expect((await model.getWeights())["dense/kernel"]![0]).toBe(kernels[best]);
  });

  it("restores the best weights also when the epochs simply end", async () => {
    const model = sequential([dense(1, { kernelInitializer: "zeros" })], { inputShape: [1] }).compile({
      optimizer: sgd({ learningRate: 0.9 }),
      loss: "mse",
    });
    let best: number | undefined;
    await model.fit(x, [[1], [2]], {
      ...silent,
      epochs: 3,
      callbacks: [
        earlyStopping({ monitor: "loss", patience: 10, restoreBestWeights: true }),
        {
          onEpochEnd: async (epoch, _l, c) => {
            if (epoch === 0) best = (await c.copyWeights())["dense/kernel"]![0];
          },
        },
      ],
    });
    expect((await model.getWeights())["dense/kernel"]![0]).toBe(best);
  });

  it("says which figures there are", async () => {
    const model = sequential([dense(1)], { inputShape: [1] }).compile({ loss: "mse" });
    await expect(model.fit(x, [[1], [2]], { ...silent, callbacks: [earlyStopping()] })).rejects.toThrow(
      '[earlyStopping] there is no figure "val_loss". Give validationData or validationSplit, or monitor another. Known: loss.',
    );
  });
});

describe("mistakes are found at the door", () => {
  const classifier = (): Sequential => sequential([dense(10, { activation: "softmax" })], { inputShape: [4] });
  const x = tensor(new Float32Array(12), { shape: [3, 4] });
  const labels = tensor(Uint8Array.of(0, 1, 2));
  const fails = async (work: Promise<unknown>, message: string): Promise<void> => {
    await expect(work).rejects.toThrow(expect.objectContaining({ message }) as Error);
  };

  it("not compiled", () =>
    fails(
      classifier().fit(x, labels, silent),
      '[fit] the model is not compiled. Call model.compile({ optimizer: adam(), loss: "mse" }) first.',
    ));
  it("features", () =>
    fails(
      classifier()
        .compile({ loss: "sparseCategoricalCrossentropy" })
        .fit([[1, 2]], [0], silent),
      "[fit] the model takes samples of shape [4], but those of x have shape [2]. Reshape them, or change the model's inputShape.",
    ));
  it("counts", () =>
    fails(
      classifier().compile({ loss: "sparseCategoricalCrossentropy" }).fit(x, [0, 1], silent),
      "[fit] x has 3 samples, but y has 2. Give one target for each sample.",
    ));
  it("labels for one-hot", () =>
    fails(
      classifier().compile({ loss: "categoricalCrossentropy" }).fit(x, labels, silent),
      "[fit] the model gives [batch, 10] but the loss was given labels of shape [batch]. Use sparseCategoricalCrossentropy, or oneHot the labels.",
    ));
  it("one-hot for labels", () =>
    fails(
      classifier().compile({ loss: "sparseCategoricalCrossentropy" }).fit(x, labels.oneHot(10), silent),
      "[fit] the model gives [batch, 10] but the loss was given targets of shape [batch, 10]. Use categoricalCrossentropy, or argmax the targets.",
    ));
  it("targets of another width", () =>
    fails(
      classifier()
        .compile({ loss: "mse" })
        .fit(x, [[1], [2], [3]], silent),
      "[fit] the model gives [batch, 10] but the loss was given targets of shape [batch, 1]. Give targets of the output's shape, or change the last layer.",
    ));
  it("label range", () =>
    fails(
      classifier()
        .compile({ loss: "sparseCategoricalCrossentropy" })
        .fit(x, tensor(Uint8Array.of(0, 10, 2)), silent),
      "[fit] sparseCategoricalCrossentropy takes labels from 0 to 9, as the model gives 10 classes, but y holds 10. Number the classes from 0, or give the last layer more units.",
    ));
  it("zero samples", () =>
    fails(
      classifier()
        .compile({ loss: "sparseCategoricalCrossentropy" })
        .fit(tensor(new Float32Array(0), { shape: [0, 4] }), tensor(new Uint8Array(0)), silent),
      "[fit] x has no samples. Give at least one.",
    ));
  it("a validation split that leaves nothing", () =>
    fails(
      classifier()
        .compile({ loss: "sparseCategoricalCrossentropy" })
        .fit(x, labels, { ...silent, validationSplit: 0.9 }),
      "[fit] validationSplit 0.9 leaves none of the 3 samples to train on. Choose a smaller fraction.",
    ));
  it("weights of another shape or name", () => {
    expect(() => classifier().setWeights({ "dense/kernel": [[1]] })).toThrow(
      '[setWeights] "dense/kernel" has shape [4, 10], but was given [1, 1]. Give a value of its shape.',
    );
    expect(() => classifier().setWeights({ "dense/kernal": [[1]] })).toThrow(
      '[setWeights] the model has no weight "dense/kernal". Did you mean "dense/kernel"? It has: dense/kernel, dense/bias.',
    );
  });
  it("unknown optimizer", () => {
    expect(() => classifier().compile({ optimizer: "adm" as never, loss: "mse" })).toThrow(
      '[compile] unknown optimizer "adm". Did you mean "adam"?',
    );
  });

  it("a loss that explodes, with epoch and step", async () => {
    const model = sequential([dense(1, { kernelInitializer: "ones" })], { inputShape: [1] }).compile({
      optimizer: sgd({ learningRate: 1e25 }),
      loss: "mse",
    });
    await expect(
      model.fit([[1], [2], [3], [4]], [[2], [1], [2], [1]], { ...silent, batchSize: 2, shuffle: false, epochs: 3 }),
    ).rejects.toThrow(
      "[fit] the loss became NaN or infinite in epoch 1, step 2. Likely causes: a learning rate that is too high, inputs that are not scaled, or a loss that does not suit the targets.",
    );
  });
  it("NaN in the data is found", () =>
    fails(
      regression().fit(
        tensor([
          [1, 2, NaN],
          [1, 2, 3],
        ]),
        [1, 2],
        silent,
      ),
      "[fit] the loss became NaN or infinite in epoch 1, step 1. x holds 1 values that are NaN or infinite: remove them.",
    ));
});

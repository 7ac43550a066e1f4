import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { distance } from "../../test/contract/evaluated.ts";
import { valueAndGrad } from "../autodiff/grad.ts";
import { batchNormalization } from "../nn/layers/batch-normalization.ts";
import { dense } from "../nn/layers/dense.ts";
import { dropout } from "../nn/layers/dropout.ts";
import { flatten } from "../nn/layers/flatten.ts";
import { reshape } from "../nn/layers/reshape.ts";
import { crossEntropy } from "../nn/losses/cross-entropy.ts";
import { l2 } from "../nn/regularizers.ts";
import { adam } from "../optim/adam.ts";
import { compile } from "../runtime/compile.ts";
import "../runtime/install.ts";
import { tensor } from "../tensor/create.ts";
import { random } from "../tensor/random.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { lambdaCallback } from "./callbacks/lambda-callback.ts";
import { csvLogger, jsonLinesLogger } from "./callbacks/loggers.ts";
import { loadModel } from "./load-model.ts";
import type { Sequential } from "./sequential.ts";
import { sequential } from "./sequential.ts";
import type { TrainState } from "./train-state.ts";

const everyLayer = (): Sequential =>
  sequential(
    [
      reshape([4]),
      flatten(),
      dense(6, { activation: ["leakyRelu", { negativeSlope: 0.1 }], kernelRegularizer: l2(1e-3), name: "hidden" }),
      batchNormalization({ momentum: 0.9 }),
      dropout(0.2),
      dense(3, { activation: "softmax" }),
    ],
    { inputShape: [2, 2], name: "every" },
  );
const x = random.uniform([30, 2, 2], { seed: 4 });
const labels = x.flatten(1).argmax({ axis: 1 }).minimum(2);

describe("save and loadModel", () => {
  it("give back a model that predicts the same bits, has the same table, and can be trained on", async () => {
    const folder = await mkdtemp(join(tmpdir(), "gradsmith-"));
    try {
      const model = everyLayer().compile({ optimizer: "adam", loss: "sparseCategoricalCrossentropy" });
      await model.fit(x, labels, { epochs: 2, verbose: 0 });
      const path = join(folder, "deep", "model.safetensors");
      await model.save(path);
      const again = await loadModel(path);
      expect(again.summary()).toBe(model.summary());
      expect(await again.predict(x).read()).toEqual(await model.predict(x).read());
      await again.compile({ optimizer: "adam", loss: "sparseCategoricalCrossentropy" }).fit(x, labels, { verbose: 0 });
      const bytes = await readFile(path);
      expect(await (await loadModel(bytes)).getWeights()).toEqual(
        await again
          .getWeights()
          .then(() => loadModel(path))
          .then((m) => m.getWeights()),
      );
      await expect(loadModel(bytes.subarray(0, bytes.length - 5))).rejects.toThrow("[the model's bytes]");
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it("a save that is still being written when training goes on holds the weights of its moment", async () => {
    const folder = await mkdtemp(join(tmpdir(), "gradsmith-"));
    try {
      const model = everyLayer().compile({ optimizer: "adam", loss: "sparseCategoricalCrossentropy" });
      const [during, between] = [join(folder, "during.safetensors"), join(folder, "between.safetensors")];
      const saves: Promise<void>[] = [];
      const then: Readonly<Record<string, unknown>>[] = [];
      const save = async (path: string): Promise<void> => {
        saves.push(model.save(path));
        then.push(await model.getWeights());
      };
      const callbacks = [{ onEpochEnd: (epoch: number) => (epoch === 0 ? save(during) : undefined) }];
      await model.fit(x, labels, { epochs: 3, verbose: 0, callbacks });
      await save(between);
      await model.fit(x, labels, { epochs: 3, verbose: 0 });
      await Promise.all(saves);
      expect(await (await loadModel(during)).getWeights()).toEqual(then[0]);
      expect(await (await loadModel(between)).getWeights()).toEqual(then[1]);
      expect(then[1]).not.toEqual(then[0]);
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it("say what is wrong with a file", async () => {
    const folder = await mkdtemp(join(tmpdir(), "gradsmith-"));
    try {
      const path = join(folder, "x.safetensors");
      await writeFile(path, "nothing");
      await expect(loadModel(path)).rejects.toMatchObject({ code: "file" });
      await expect(loadModel(join(folder, "missing"))).rejects.toMatchObject({ code: "file" });
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it("a function of one's own can't be saved, and says so", async () => {
    const model = sequential([dense(1, { activation: (z) => z.sin() })], { inputShape: [1] });
    await expect(model.save("never.safetensors")).rejects.toThrow(
      "[dense] a function of your own can't be saved as data. Choose a named one, or save only the weights.",
    );
  });
});

describe("a training loop of one's own", () => {
  const model = sequential([dense(10, { activation: "relu" }), dense(2)], { inputShape: [2] });
  const optimizer = adam({ learningRate: 0.01 });
  const points = random.uniform([64, 2], { seed: 1 });
  const y = points.sum({ axis: 1 }).greater(1).cast("i32");

  it("as api.md writes it: the loss falls, with slots made in the first step or before", async () => {
    const step = compile(
      (s: TrainState, batch: Tensor, target: Tensor) => {
        const { value: loss, grads } = valueAndGrad((params: TrainState["params"]) => crossEntropy(target, model.applyWith(params, batch)))(
          s.params,
        );
        return { loss, state: s.update(optimizer, grads) };
      },
      { donate: [0] },
    );
    const train = async (start: TrainState): Promise<number[]> => {
      let state = start;
      const losses: number[] = [];
      for (let i = 0; i < 60; i++) {
        const result = step(state, points, y);
        state = result.state;
        losses.push(await result.loss.item());
      }
      expect(await state.step.item()).toBe(60);
      return losses;
    };
    const lazily = await train(model.init({ seed: 0 }));
    expect(lazily[59]).toBeLessThan(lazily[0]! / 2);
    expect(distance(await train(model.init({ seed: 0, optimizer })), lazily)).toBeLessThan(1e-6);
  });

  it("its outcome can be given to the model", async () => {
    const state = model.init({ seed: 9 });
    model.trainState = state;
    expect(await model.predict(points).read()).toEqual(await model.applyWith(state.params, points).read());
  });

  it("apply asks for a key where layers are random, and gives what layers write", async () => {
    const random2 = everyLayer();
    const { params, state } = random2.init();
    expect(() => random2.applyWith({ ...params, ...state }, x, { training: true })).toThrow(
      "[dropout] draws random numbers in training and needs a key. Pass { training: true, key: random.key(seed) }.",
    );
    const written: string[] = [];
    random2.applyWith(params, x, { state, training: true, key: random.key(1), write: (name) => written.push(name) });
    expect(written).toEqual(["batchNormalization/movingMean", "batchNormalization/movingVariance"]);
    expect(() => random2.applyWith(params, x)).toThrow(
      '[batchNormalization] "batchNormalization/movingMean" is missing from the weights. Pass all weights the model was given by init().',
    );
    expect(() => random2.applyWith(params, tensor([[1]]))).toThrow(
      "[every] the model takes samples of shape [2, 2], but those of x have shape [1].",
    );
  });

  it("the same seed gives the same weights", async () => {
    const read = (seed: number) => everyLayer().init({ seed }).params["hidden/kernel"]!.read();
    expect(await read(3)).toEqual(await read(3));
    expect(await read(4)).not.toEqual(await read(3));
  });
});

describe("predict", () => {
  it("is the same whatever the batch", async () => {
    const model = everyLayer();
    const whole = await model.predict(x).read();
    for (const batchSize of [1, 7, 30])
      expect(distance([...(await model.predict(x, { batchSize }).read())], [...whole])).toBeLessThan(1e-6);
  });
});

describe("callbacks", () => {
  it("are called in order, and loggers write a line per epoch", async () => {
    const [calls, json, csv]: [string[], string[], string[]] = [[], [], []];
    const spy = lambdaCallback({
      onTrainBegin: (c) => void calls.push(`begin ${c.epochs} ${c.stepsPerEpoch}`),
      onEpochBegin: (epoch) => void calls.push(`epoch ${epoch}`),
      onEpochEnd: (epoch) => void calls.push(`end ${epoch}`),
      onTrainEnd: () => void calls.push("done"),
    });
    const model = sequential([dense(1)], { inputShape: [4] }).compile({ loss: "mse" });
    const { metrics, epochs } = await model.fit(x.flatten(1), labels, {
      epochs: 5,
      initialEpoch: 3,
      verbose: 0,
      callbacks: [spy, jsonLinesLogger((line) => void json.push(line)), csvLogger((line) => void csv.push(line))],
    });
    expect(calls).toEqual(["begin 5 1", "epoch 3", "end 3", "epoch 4", "end 4", "done"]);
    expect(epochs).toEqual([3, 4]);
    expect(json.map((line) => JSON.parse(line) as unknown)).toEqual([
      { epoch: 3, loss: metrics.loss![0] },
      { epoch: 4, loss: metrics.loss![1] },
    ]);
    expect(csv).toEqual(["epoch,loss", `3,${metrics.loss![0]}`, `4,${metrics.loss![1]}`]);
  });
});

describe("calls that would undo each other's work", () => {
  const data = [x.flatten(1), labels] as const;
  const model = () => sequential([dense(1)], { inputShape: [4] }).compile({ optimizer: adam({ learningRate: 0.1 }), loss: "mse" });

  it("are refused while the model is trained", async () => {
    const busy = model();
    const running = busy.fit(...data, { epochs: 3, verbose: 0 });
    await expect(busy.fit(...data, { verbose: 0 })).rejects.toMatchObject({ code: "usage" });
    expect(() => busy.setWeights({ "dense/bias": [0] })).toThrow(
      "[setWeights] the model is being trained, and its work would be lost. Wait for the fit that is running, or stop it by its signal.",
    );
    expect(() => busy.compile({ loss: "mae" })).toThrow("[compile] the model is being trained");
    await running;
    await busy.fit(...data, { verbose: 0 });
  });

  it("also in a model that shares a part with it", async () => {
    const part = dense(1);
    const [one, other] = [1, 2].map(() => sequential([part], { inputShape: [4] }).compile({ loss: "mse" }));
    const running = one!.fit(...data, {
      epochs: 2,
      verbose: 0,
      callbacks: [
        {
          onEpochEnd: async () => {
            await expect(other!.fit(...data, { verbose: 0 })).rejects.toThrow(
              "[fit] a part of the model is being trained in another model. Wait for the fit that is running, or stop it by its signal.",
            );
            expect(await other!.predict(data[0]).read()).toEqual(await one!.predict(data[0]).read());
          },
        },
      ],
    });
    await running;
    await other!.fit(...data, { verbose: 0 });
  });

  it("compile again starts the optimizer afresh: Adam's first step is the learning rate, whatever came before", async () => {
    const again = sequential([dense(1, { kernelInitializer: "zeros" })], { inputShape: [1] });
    again.compile({ optimizer: adam({ learningRate: 0 }), loss: "mse" });
    await again.fit([[1]], [[9]], { epochs: 50, verbose: 0 });
    again.compile({ optimizer: adam({ learningRate: 0.1 }), loss: "mse" });
    await again.fit([[1]], [[9]], { verbose: 0 });
    expect((await again.getWeights())["dense/kernel"]![0]).toBeCloseTo(0.1, 5);
    expect(await again.trainState.step.item()).toBe(1);
  });
});

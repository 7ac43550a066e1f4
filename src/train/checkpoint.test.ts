import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { decodeSafetensors, encodeSafetensors } from "../io/safetensors.ts";
import { batchNormalization } from "../nn/layers/batch-normalization.ts";
import { dense } from "../nn/layers/dense.ts";
import { adam } from "../optim/adam.ts";
import { clipByGlobalNorm } from "../optim/clip.ts";
import { sgd } from "../optim/sgd.ts";
import { compile } from "../runtime/compile.ts";
import "../runtime/install.ts";
import { tensor } from "../tensor/create.ts";
import { random } from "../tensor/random.ts";
import type { Callback } from "./callback.ts";
import { trainingKey } from "./checkpoint.ts";
import { loadModel } from "./load-model.ts";
import { readCheckpoint } from "./read-checkpoint.ts";
import { saveCheckpoint } from "./save-checkpoint.ts";
import type { Sequential } from "./sequential.ts";
import { sequential } from "./sequential.ts";
import type { TrainState } from "./train-state.ts";

const x = random.uniform([24, 3], { seed: 1 });
const y = x.sum({ axis: 1, keepDims: true });
const place = { seed: 7, epoch: 2, batch: 5 };
const network = (): Sequential => sequential([dense(4, { activation: "tanh" }), batchNormalization(), dense(1)], { inputShape: [3] });
const optimizer = clipByGlobalNorm(0.1, adam({ learningRate: 0.01 }));

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "gradsmith-"));
});
afterAll(() => rm(folder, { recursive: true }));

/** All numbers of a state, by path. */
async function numbers({ variables, slots, step, hyperparameters }: TrainState): Promise<unknown> {
  const read = async (tensors: Readonly<Record<string, { read(): Promise<unknown> }>>) =>
    Object.fromEntries(await Promise.all(Object.entries(tensors).map(async ([name, value]) => [name, await value.read()] as const)));
  const remembered = await Promise.all(Object.entries(slots).map(async ([path, own]) => [path, await read(own)] as const));
  return [await read(variables), Object.fromEntries(remembered), await step.item(), await read(hyperparameters)];
}

describe("a checkpoint", () => {
  it("gives back the whole training: the same bits now, and after steps that follow", async () => {
    const model = network();
    const batch = y.mean();
    const step = compile((state: TrainState) => {
      const grads = Object.fromEntries(Object.entries(state.params).map(([path, value]) => [path, value.sin().mul(batch)]));
      return state.update(optimizer, grads);
    });
    let state = step(step(model.init({ optimizer, seed: 3 })));
    const path = join(folder, "whole.safetensors");
    const extra = { order: random.permutation(5, { seed: 1 }), "a/b": tensor([1.5, 2.5]) };
    await saveCheckpoint(path, model, { state, extra, place });

    const again = await readCheckpoint(path, network());
    expect(again.place).toEqual(place);
    expect(Object.keys(again.extra).sort()).toEqual(["a/b", "order"]);
    expect(await again.extra["order"]!.read()).toEqual(await extra.order.read());
    expect(await numbers(again.state)).toEqual(await numbers(state));
    let other = again.state;
    for (let i = 0; i < 3; i++) [state, other] = [step(state), step(other)];
    expect(await numbers(other)).toEqual(await numbers(state));
    expect(again.state.preparedFor(optimizer)).toBe(again.state);
  });

  it("is a model for loadModel and loadWeights", async () => {
    const model = network().compile({ optimizer: "adam", loss: "mse" });
    const path = join(folder, "model.safetensors");
    const save: Callback = { onEpochEnd: (_epoch, _logs, controls) => controls.saveCheckpoint(path) };
    await model.fit(x, y, { verbose: 0, callbacks: [save] });
    expect(await (await loadModel(path)).getWeights()).toEqual(await model.getWeights());
    const other = network();
    await other.loadWeights(path);
    expect(await other.getWeights()).toEqual(await model.getWeights());
  });

  it("that fit wrote holds the state of its moment and its place, over samples and over batches", async () => {
    const batches = new Set([0, 8, 16].map((from) => ({ x: x.slice([from, 0], [8, 3]), y: y.slice([from, 0], [8, 1]) })));
    const options = { verbose: 0, epochs: 2, seed: 7 } as const;
    for (const train of [
      (model: Sequential, callbacks: Callback[]) => model.fit(x, y, { ...options, batchSize: 8, callbacks }),
      (model: Sequential, callbacks: Callback[]) => model.fit(batches, { ...options, callbacks }),
    ]) {
      const model = network().compile({ optimizer, loss: "mse" });
      const path = join(folder, "fit.safetensors");
      let then: unknown;
      const save: Callback = {
        async onEpochEnd(epoch, _logs, controls) {
          if (epoch > 0) return;
          controls.setLearningRate(0.5);
          then = await numbers(model.trainState);
          await controls.saveCheckpoint(path);
        },
      };
      await train(model, [save]);
      const read = await readCheckpoint(path, network());
      expect(read.place).toEqual({ seed: 7, epoch: 1, batch: 0 });
      expect(await read.state.step.item()).toBe(3);
      expect(await read.state.hyperparameters.learningRate!.item()).toBe(0.5);
      expect(await numbers(read.state)).toEqual(then);
    }
  });

  it("that nobody waits for is refused once training has gone on, and leaves no file", async () => {
    const model = network().compile({ optimizer, loss: "mse" });
    const path = join(folder, "unawaited", "x.safetensors");
    const saves: Promise<unknown>[] = [];
    const save: Callback = {
      onEpochBegin(epoch, controls) {
        if (epoch > 0) return;
        saves.push(
          controls.saveCheckpoint(path).then(
            () => "written",
            (error: Error) => error.message,
          ),
        );
      },
    };
    await model.fit(x, y, { verbose: 0, epochs: 3, batchSize: 8, callbacks: [save] });
    expect(await Promise.all(saves)).toEqual([
      "[saveCheckpoint] training went on while the checkpoint was being written. Wait for it: await controls.saveCheckpoint(path).",
    ]);
    expect(await readdir(join(folder, "unawaited"))).toEqual([]);
  });

  it("that can't be written says where and why, and the model keeps its weights", async () => {
    const model = network().compile({ optimizer, loss: "mse" });
    const save: Callback = { onEpochEnd: (_epoch, _logs, controls) => controls.saveCheckpoint("/proc/none/x.safetensors") };
    await expect(model.fit(x, y, { verbose: 0, callbacks: [save] })).rejects.toMatchObject({
      code: "file",
      message: expect.stringMatching(/^\[\/proc\/none\/x\.safetensors\] can't be written: /) as string,
    });
    expect(await model.trainState.step.item()).toBe(1);
    await model.fit(x, y, { verbose: 0 });
  });
});

describe("a damaged checkpoint", () => {
  const model = sequential([dense(1, { useBias: false })], { inputShape: [2] });
  const good = async () => {
    const path = join(folder, "good.safetensors");
    await saveCheckpoint(path, model, { state: model.init({ optimizer: sgd({ momentum: 0.9 }) }), extra: {}, place });
    const { readFile } = await import("node:fs/promises");
    return decodeSafetensors(await readFile(path), "good");
  };
  type File = Awaited<ReturnType<typeof good>>;
  const f32 = (...data: number[]) => ({ dtype: "f32", shape: [data.length], data: Float32Array.from(data) }) as const;
  const without = (name: string) => (file: File) => ({
    ...file,
    tensors: Object.fromEntries(Object.entries(file.tensors).filter(([other]) => other !== name)),
  });
  const having = (name: string, value: File["tensors"][string]) => (file: File) => ({
    ...file,
    tensors: { ...file.tensors, [name]: value },
  });
  const recorded = (record: unknown) => (file: File) => ({
    ...file,
    metadata: { ...file.metadata, [trainingKey]: JSON.stringify(record) },
  });

  const otherModel = "Go on with the model that was trained, frozen as it was.";
  const damagedRecord = "the record of the training is damaged, or from another version. Train from the start.";
  it.each<readonly [string, (file: File) => File, string]>([
    [
      "no record",
      ({ tensors, metadata }) => ({ tensors: { "dense/kernel": tensors["dense/kernel"]! }, metadata: { other: metadata[trainingKey]! } }),
      "holds no training that could go on. Give a file that modelCheckpoint wrote.",
    ],
    ["a record that is no JSON", (file) => ({ ...file, metadata: { [trainingKey]: "{" } }), damagedRecord],
    ["a record of another version", recorded({ format: 2, place }), damagedRecord],
    ["a place that lacks a part", recorded({ format: 1, place: { seed: 1, epoch: 0 } }), damagedRecord],
    ["a place with a part too many", recorded({ format: 1, place: { ...place, evil: 1 } }), damagedRecord],
    ["an epoch below 0", recorded({ format: 1, place: { ...place, epoch: -1 } }), damagedRecord],
    ["a batch that is no number", recorded({ format: 1, place: { ...place, batch: "0" } }), damagedRecord],
    [
      "a part that isn't known",
      having("training:gradients/dense/kernel", f32(1)),
      'holds "gradients/dense/kernel" for a training, which isn\'t known here. It is of another version.',
    ],
    ["no step", without("training:step"), "the number of steps done is missing."],
    [
      "a step below 0",
      having("training:step", { dtype: "i32", shape: [], data: Int32Array.of(-1) }),
      "the number of steps done is not a whole number of at least 0.",
    ],
    ["a step of floats", having("training:step", f32(1)), "the number of steps done is not a whole number of at least 0."],
    [
      "a rate that is NaN",
      having("training:hyperparameters/learningRate", { ...f32(Number.NaN), shape: [] }),
      'the hyperparameter "learningRate" is not an f32 number of at least 0.',
    ],
    [
      "several rates",
      having("training:hyperparameters/learningRate", f32(1, 2)),
      'the hyperparameter "learningRate" is not an f32 number of at least 0.',
    ],
    [
      "a slot of no weight",
      having("training:slots/other/m", f32(1)),
      `holds a slot "m" of "other", which isn't trained here. ${otherModel}`,
    ],
    [
      "a slot of all objects",
      having("training:slots/__proto__/m", f32(1)),
      `holds a slot "m" of "__proto__", which isn't trained here. ${otherModel}`,
    ],
    [
      "a slot of another shape",
      having("training:slots/dense/kernel/velocity", f32(1, 2)),
      `the slot "velocity" of "dense/kernel" is f32 [2], but the weight is f32 [2, 1]. ${otherModel}`,
    ],
    ["a weight too few", without("dense/kernel"), 'the weight "dense/kernel" is missing. Save the model again.'],
    [
      "a weight that all objects have",
      having("constructor", f32(1)),
      'holds "constructor", which the model doesn\'t have. Load it into the model it was saved from.',
    ],
    [
      "a weight of another dtype",
      having("dense/kernel", { dtype: "f64", shape: [2, 1], data: new Float64Array(2) }),
      `"dense/kernel" is f64, but the model's is f32. ${otherModel}`,
    ],
  ])("%s is an error of the file", async (_, damage, message) => {
    const { tensors, metadata } = damage(await good());
    await expect(readCheckpoint(encodeSafetensors(tensors, metadata), model)).rejects.toMatchObject({
      code: "file",
      message: `[the model's bytes] ${message}`,
    });
  });

  it("one that is cut off is, too", async () => {
    const { tensors, metadata } = await good();
    const bytes = encodeSafetensors(tensors, metadata);
    for (const length of [0, 7, 100, bytes.length - 1])
      await expect(readCheckpoint(bytes.subarray(0, length), model)).rejects.toMatchObject({ code: "file" });
  });

  it("lacks a slot that other weights have", async () => {
    const two = sequential([dense(1)], { inputShape: [2] });
    const path = join(folder, "two.safetensors");
    await saveCheckpoint(path, two, { state: two.init({ optimizer: adam() }), extra: {}, place });
    const { readFile } = await import("node:fs/promises");
    const { tensors, metadata } = without("training:slots/dense/bias/v")(decodeSafetensors(await readFile(path), "two"));
    await expect(readCheckpoint(encodeSafetensors(tensors, metadata), two)).rejects.toThrow(
      `[the model's bytes] the slot "v" of "dense/bias" is missing. ${otherModel}`,
    );
  });
});

describe("what can't be saved", () => {
  const state = (model: Sequential): TrainState => model.init({ optimizer: sgd() });
  const path = (): string => join(folder, "never.safetensors");
  it("a variable called as a training's part", async () => {
    const model = sequential([dense(1, { name: "training:step" })], { inputShape: [2] });
    await expect(saveCheckpoint(path(), model, { state: state(model), extra: {}, place })).rejects.toThrow(
      '[saveCheckpoint] a checkpoint can\'t hold a variable called "training:step/kernel". Rename its layer.',
    );
  });
  it("a slot with a slash", async () => {
    const model = sequential([dense(1)], { inputShape: [2] });
    const slots = { "dense/kernel": { "a/b": tensor([1]) } };
    await expect(saveCheckpoint(path(), model, { state: state(model).with({ slots }), extra: {}, place })).rejects.toThrow(
      '[saveCheckpoint] the optimizer\'s slot "a/b" has a slash in its name. Rename it.',
    );
  });
});

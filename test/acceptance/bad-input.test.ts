import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  batchNormalization,
  dataset,
  decodeSafetensors,
  dense,
  encodeSafetensors,
  fashionMnist,
  type LossName,
  loadModel,
  losses as lossFactories,
  metrics as metricFactories,
  parseIdx,
  type Sequential,
  sequential,
  sgd,
  tensor,
  zeros,
} from "gradsmith";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { refusal } from "../refusal.ts";
import { idxBytes, writeImages } from "./image-folder.ts";

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "gradsmith-acceptance-"));
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

/** The whole message and the code, word for word. */
async function refuses(work: () => unknown, code: string, message: string): Promise<void> {
  expect(await refusal(work)).toEqual([code, message]);
}

const silent = { verbose: 0 } as const;
const x = tensor(new Float32Array(12).fill(0.5), { shape: [3, 4] });
const classifier = (loss: LossName = "sparseCategoricalCrossentropy"): Sequential =>
  sequential([dense(10, { activation: "softmax" })], { inputShape: [4] }).compile({ optimizer: "sgd", loss });

describe("shapes that don't fit", () => {
  test("matmul", () =>
    refuses(
      () => zeros([2, 3]).matmul(zeros([4, 3])),
      "shape",
      "[matmul] [2, 3] · [4, 3]: the shared axis is 3 on the left and 4 on the right. Transpose one of them, or check the layer before.",
    ));
  test("add", () =>
    refuses(
      () => zeros([5, 3]).add(zeros([2])),
      "shape",
      "[add] cannot broadcast [5, 3] with [2]: axis -1 is 3 on the left and 2 on the right. Make the two equal, or one of them 1.",
    ));
  test("fit: features", () =>
    refuses(
      () => classifier().fit(zeros([3, 5]), [0, 1, 2], silent),
      "shape",
      "[fit] the model takes samples of shape [4], but those of x have shape [5]. Reshape them, or change the model's inputShape.",
    ));
  test("fit: labels", () =>
    refuses(
      () => classifier("categoricalCrossentropy").fit(x, [0, 1, 2], silent),
      "shape",
      "[fit] the model gives [batch, 10] but the loss was given labels of shape [batch]. Use sparseCategoricalCrossentropy, or oneHot the labels.",
    ));
  test("fit: batch", () =>
    refuses(() => classifier().fit(x, [0, 1], silent), "data", "[fit] x has 3 samples, but y has 2. Give one target for each sample."));
  test("fit: features of validationData", () =>
    refuses(
      () => classifier().fit(x, [0, 1, 2], { ...silent, validationData: [zeros([3, 5]), [0, 1, 2]] }),
      "shape",
      "[fit] the model takes samples of shape [4], but those of validationData have shape [5]. Reshape them, or change the model's inputShape.",
    ));
});

describe("batches of a dataset are held to the same", () => {
  const one = (features: number[], label: number | number[]) => dataset([{ x: features, y: label }]);
  test("features", () =>
    refuses(
      () => classifier().fit(one([1, 2, 3], 0).batch(1), silent),
      "shape",
      "[fit] the model takes samples of shape [4], but those of x have shape [3]. Reshape them, or change the model's inputShape.",
    ));
  test("labels", () =>
    refuses(
      () => classifier().fit(one([1, 2, 3, 4], [0, 1]).batch(1), silent),
      "shape",
      "[fit] the model gives [batch, 10] but the loss was given targets of shape [batch, 2]. Give one class number for each prediction over the classes.",
    ));
  test("label range", () =>
    refuses(
      () => classifier().evaluate(one([1, 2, 3, 4], 10).batch(1)),
      "data",
      "[evaluate] sparseCategoricalCrossentropy takes labels from 0 to 9, as the model gives 10 classes, but y holds 10. Number the classes from 0, or give the last layer more units.",
    ));
  test("counts", () =>
    refuses(
      () => classifier().fit([{ x, y: tensor([0, 1]) }].values(), silent),
      "data",
      "[fit] x has 3 samples, but y has 2. Give one target for each sample.",
    ));
  test("single samples where batches are needed", () =>
    refuses(
      () => classifier().fit(one([1, 2, 3, 4], 0), silent),
      "shape",
      "[fit] the dataset gives single samples of shape [4] where batches of them are needed. Call its batch(32).",
    ));
  test("no batches", () =>
    refuses(
      () => classifier().fit(one([1, 2, 3, 4], 0).take(0).batch(1), silent),
      "data",
      "[fit] no batches came in epoch 1. Give a dataset that can be walked through once per epoch.",
    ));
});

describe("labels out of range", () => {
  const range =
    "[fit] sparseCategoricalCrossentropy takes labels from 0 to 9, as the model gives 10 classes, but y holds %. Number the classes from 0, or give the last layer more units.";
  test.each([[10], [-1], [Number.NaN]])("%s of 0 to 9", (label) =>
    refuses(() => classifier().fit(x, [0, label, 2], silent), "data", range.replace("%", String(label))),
  );
  test("fractions", () =>
    refuses(
      () => classifier().fit(x, [0, 0.5, 2], silent),
      "data",
      "[fit] sparseCategoricalCrossentropy takes whole class numbers, but y holds fractions. Round them, or choose another loss.",
    ));
  test("probabilities above 1", () => {
    const model = sequential([dense(1, { activation: "sigmoid" })], { inputShape: [4] }).compile({ loss: "binaryCrossentropy" });
    return refuses(
      () => model.fit(x, [0, 1, 2], silent),
      "data",
      "[fit] binaryCrossentropy takes targets from 0 to 1, but y holds 2. Scale them, or choose another loss.",
    );
  });
  test("more labels than are looked at one by one, past 2^20", () => {
    const many = zeros([2 ** 20 + 1, 1]);
    const model = sequential([dense(2, { activation: "softmax" })], { inputShape: [1] }).compile({ loss: "sparseCategoricalCrossentropy" });
    return refuses(
      () => model.fit(many, many.add(2), silent),
      "data",
      "[fit] sparseCategoricalCrossentropy takes labels from 0 to 1, as the model gives 2 classes, but y holds 2. Number the classes from 0, or give the last layer more units.",
    );
  });
});

describe("unknown names, with the nearest", () => {
  const losses = Object.keys(lossFactories).join(", ");
  const metrics = Object.keys(metricFactories).join(", ");
  const model = classifier();
  test("loss", () =>
    refuses(
      () => model.compile({ loss: "binaryCrosentropy" as never }),
      "option",
      `[compile] unknown loss "binaryCrosentropy". Did you mean "binaryCrossentropy"? Known: ${losses}.`,
    ));
  test("optimizer", () =>
    refuses(
      () => model.compile({ optimizer: "adm" as never, loss: "mse" }),
      "option",
      '[compile] unknown optimizer "adm". Did you mean "adam"? Known: sgd, adam, adamW, adamax, rmsprop, adagrad, adadelta.',
    ));
  test("metric", () =>
    refuses(
      () => model.compile({ loss: "mse", metrics: ["acuracy" as never] }),
      "option",
      `[compile] unknown metric "acuracy". Did you mean "accuracy"? Known: ${metrics}.`,
    ));
  test("none at all, or something else", async () => {
    const wrong = (options: object) => () => model.compile(options as { loss: LossName });
    await refuses(wrong({}), "option", `[compile] needs a loss, got undefined. Known: ${losses}.`);
    await refuses(
      wrong({ loss: "mse", optimizer: sgd }),
      "option",
      "[compile] needs an optimizer, got a function. Write adam(), or the name of one.",
    );
    await refuses(
      wrong({ loss: "mse", metrics: [{}] }),
      "option",
      `[compile] needs a metric, got an object that is none. Known: ${metrics}.`,
    );
  });
});

describe("a loss that is no number", () => {
  const exploding = (): Sequential =>
    sequential([dense(1, { kernelInitializer: "ones" })], { inputShape: [1] }).compile({
      optimizer: sgd({ learningRate: 1e25 }),
      loss: "mse",
    });
  const causes =
    "Likely causes: a learning rate that is too high, inputs that are not scaled, or a loss that does not suit the targets. Try a ten times smaller learning rate, or clipByNorm(1, optimizer).";

  test("stops fit in the step in which it came", () =>
    refuses(
      () => exploding().fit([[1], [2], [3], [4]], [[2], [1], [2], [1]], { ...silent, batchSize: 2, shuffle: false, epochs: 3 }),
      "training",
      `[fit] the loss became NaN or infinite in epoch 1, step 2. ${causes}`,
    ));
  test("in a later epoch", () =>
    refuses(
      () => exploding().fit([[1]], [[2]], { ...silent, epochs: 5 }),
      "training",
      `[fit] the loss became NaN or infinite in epoch 2, step 1. ${causes}`,
    ));
  test("in a dataset", () => {
    const samples = [1, 2, 3, 4].map((value) => ({ x: [value], y: [1] }));
    return refuses(
      () => exploding().fit(dataset(samples).batch(2), { ...silent, epochs: 3 }),
      "training",
      `[fit] the loss became NaN or infinite in epoch 1, step 2. ${causes}`,
    );
  });
  test("from samples that are none", () =>
    refuses(
      () => exploding().fit([[1], [Number.NaN]], [[2], [1]], silent),
      "training",
      "[fit] the loss became NaN or infinite in epoch 1, step 1. x holds 1 values that are NaN or infinite: remove them.",
    ));
});

describe("too few samples", () => {
  const none = tensor(new Float32Array(0), { shape: [0, 4] });
  test("fit, evaluate, predict without any", async () => {
    await refuses(() => classifier().fit(none, [], silent), "data", "[fit] x has no samples. Give at least one.");
    await refuses(() => classifier().evaluate(none, []), "data", "[evaluate] x has no samples. Give at least one.");
    await refuses(() => classifier().predict(none), "data", "[predict] x has no samples. Give at least one.");
    await refuses(() => dataset([]), "data", "[dataset] there are no samples. Give at least one { x, y }.");
  });

  test("a batch larger than the data is all of the data: the same weights as with batchSize 3", async () => {
    const weightsAfter = async (batchSize: number): Promise<number[]> => {
      const model = sequential([dense(10), batchNormalization(), dense(1)], { inputShape: [4] }).compile({ optimizer: "sgd", loss: "mse" });
      const history = await model.fit(x, [1, 2, 3], { ...silent, batchSize, epochs: 2, seed: 4 });
      expect(history.metrics.loss).toHaveLength(2);
      const { loss } = await model.evaluate(x, [1, 2, 3], { batchSize });
      return [loss!, ...(await model.predict(x, { batchSize }).read())];
    };
    expect(await weightsAfter(1000)).toEqual(await weightsAfter(3));
  });
});

describe("files", () => {
  test("an IDX file whose header claims a gigabyte costs no memory", async () => {
    const before = process.memoryUsage().arrayBuffers;
    await refuses(
      () => parseIdx(idxBytes([2 ** 30], new Uint8Array(4)), "digits"),
      "file",
      "[digits] is cut off: [1073741824] needs 1073741824 bytes of values, and 4 are there. The file is damaged, or not an IDX file.",
    );
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(2 ** 20);
  });

  test("a safetensors file whose header claims a gigabyte costs no memory", async () => {
    const header = new TextEncoder().encode('{"w":{"dtype":"F32","shape":[268435456],"data_offsets":[0,1073741824]}}');
    const bytes = new Uint8Array(8 + header.length + 4);
    new DataView(bytes.buffer).setBigUint64(0, BigInt(header.length), true);
    bytes.set(header, 8);
    const before = process.memoryUsage().arrayBuffers;
    await refuses(
      () => decodeSafetensors(bytes, "weights"),
      "file",
      '[weights] is cut off: the tensor "w" ends at byte 1073741824 of the data, and 4 are there. The file is damaged, or not a safetensors file.',
    );
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(2 ** 20);
  });

  test("pictures of a folder that is cut off", async () => {
    const directory = join(folder, "pictures");
    writeImages(directory, { train: 10, test: 10 });
    const path = join(directory, "t10k-images-idx3-ubyte");
    writeFileSync(path, readFileSync(path).subarray(0, 1000));
    await refuses(
      () => fashionMnist({ directory }),
      "file",
      `[${path}] is cut off: [10, 28, 28] needs 7840 bytes of values, and 984 are there. The file is damaged, or not an IDX file.`,
    );
  });

  test("a model that is not there, and a place that takes none", async () => {
    const path = join(folder, "none.safetensors");
    await refuses(() => loadModel(path), "file", `[${path}] can't be read: it does not exist. Check the path.`);
    await refuses(() => loadModel(folder), "file", `[${folder}] can't be read: it is a folder. Give the path of a file.`);
    const file = join(folder, "file");
    writeFileSync(file, "");
    const below = join(file, "model.safetensors");
    await refuses(
      () => classifier().save(below),
      "file",
      `[${below}] can't be written: a file is where a folder of the path should be. Choose another place.`,
    );
    expect(readdirSync(folder).filter((name) => name.endsWith(".part"))).toEqual([]);
  });

  describe("a model's description that was tampered with", () => {
    const key = "gradsmith.architecture";
    const path = (): string => join(folder, "model.safetensors");
    const tampered = async (change: object, weights = true): Promise<void> => {
      await classifier().save(path());
      const { tensors, metadata } = decodeSafetensors(readFileSync(path()), "model");
      const description = JSON.parse(metadata[key]!) as object;
      const { "dense/bias": _, ...rest } = tensors;
      writeFileSync(path(), encodeSafetensors(weights ? tensors : rest, { [key]: JSON.stringify({ ...description, ...change }) }));
    };
    const only = (layer: unknown) => ({ model: ["sequential", { layers: [layer] }] });
    const built = "holds a model that can't be built: ";
    const bad: [string, object, string][] = [
      [
        "no layers",
        { model: ["sequential", { layers: [] }] },
        `${built}[sequential] has no layers yet. Give sequential([...]) some, or add(...) them.`,
      ],
      [
        "no size",
        { input: { dtype: "f32", shape: [-4] } },
        "the description of the model is damaged, or from another version. Save the model again.",
      ],
      ["units that are none", only(["dense", { units: "many" }]), `${built}[dense] units must be a positive integer, got "many".`],
      [
        "more units than memory has bytes",
        only(["dense", { units: 2 ** 40 }]),
        `"dense/bias" has shape [10], but the model's has [1099511627776]. Load it into the model it was saved from.`,
      ],
      [
        "a regularizer that is a number",
        only(["dense", { units: 10, kernelRegularizer: 3 }]),
        `${built}[dense] needs a regularizer, got 3. Known: l1, l2, l1l2.`,
      ],
    ];
    test.each(bad)("%s", async (_, change, message) => {
      await tampered(change);
      await refuses(() => loadModel(path()), "file", `[${path()}] ${message}`);
    });

    test("nonsense, and weights that are missing", async () => {
      await tampered({ model: 3 });
      await refuses(
        () => loadModel(path()),
        "file",
        `[${path()}] the description of the model is damaged, or from another version. Save the model again.`,
      );
      await tampered({}, false);
      await refuses(() => loadModel(path()), "file", `[${path()}] the weight "dense/bias" is missing. Save the model again.`);
    });
  });
});

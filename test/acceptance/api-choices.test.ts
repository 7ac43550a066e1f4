import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as gradsmith from "gradsmith";
import {
  activations,
  adamW,
  constraints,
  dense,
  initializers,
  Layer,
  loadModel,
  losses,
  metrics,
  mse,
  type Params,
  random,
  register,
  regularizers,
  type Shape,
  schedules,
  sequential,
  Tensor,
  tensor,
} from "gradsmith";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

// The rest of the interface's description: tensors, files, choosing losses and their like, names.

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "gradsmith-acceptance-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("tensors", () => {
  test("the functions that make them", async () => {
    const { zeros, ones, full, arange, linspace, eye } = gradsmith;
    expect(await zeros([2]).array()).toEqual([0, 0]);
    expect(await ones([2]).array()).toEqual([1, 1]);
    expect(await full([2], 3).array()).toEqual([3, 3]);
    expect(await arange(3).array()).toEqual([0, 1, 2]);
    expect(await linspace(0, 1, { count: 3 }).array()).toEqual([0, 0.5, 1]);
    expect(await eye(2).array()).toEqual([
      [1, 0],
      [0, 1],
    ]);
    for (const name of ["uniform", "normal", "truncatedNormal", "bernoulli", "permutation", "categorical"])
      expect(random).toHaveProperty(name);
  });

  test("every dtype, and every method by NumPy's word", async () => {
    for (const dtype of ["f32", "f64", "f16", "bf16", "i32", "u32", "u8", "bool"] as const)
      expect(await tensor([1, 0], { dtype }).array()).toEqual([1, 0]);
    const words =
      "add sub mul div pow maximum minimum neg abs sign exp log sqrt square sin cos tanh erf sigmoid relu matmul dot sum mean max min prod argmax argmin variance std reshape transpose permute broadcastTo expandDims squeeze slice pad flip concat stack split gather oneHot where equal less greaterEqual cast softmax logSoftmax";
    for (const word of words.split(" ")) expect(Tensor.prototype, word).toHaveProperty(word);
  });

  test("read, array, item, shape, dtype and a description that runs nothing", async () => {
    const t = tensor([
      [1, 2],
      [3, 4],
    ]);
    expect(await t.read()).toEqual(Float32Array.of(1, 2, 3, 4));
    expect(await t.sum().item()).toBe(10);
    expect([t.shape, t.dtype]).toEqual([[2, 2], "f32"]);
    expect(String(t)).toContain("f32 [2, 2]");
  });
});

describe("files", () => {
  class MyLayer extends Layer {
    override params(input: Shape) {
      return { shift: { shape: [input.at(-1)!], initializer: "ones" } } as const;
    }
    call({ shift }: Params, x: Tensor): Tensor {
      return x.add(shift!);
    }
  }

  test("save and loadModel, saveWeights and loadWeights, register", async () => {
    register(MyLayer);
    const path = join(folder, "run/model.safetensors");
    const model = sequential([new MyLayer(), dense(2)], { inputShape: [3] });
    await model.save(path);
    const again = await loadModel(path);
    const x = random.normal([4, 3], { seed: 1 });
    expect(await again.predict(x).read()).toEqual(await model.predict(x).read());
    const weights = join(folder, "w.safetensors");
    await model.saveWeights(weights);
    const other = sequential([new MyLayer(), dense(2)], { inputShape: [3] });
    other.trainState = other.init({ seed: 9 });
    await other.loadWeights(weights);
    expect(await other.predict(x).read()).toEqual(await model.predict(x).read());
  });
});

describe("choosing losses, metrics and their like", () => {
  const x = random.uniform([200, 10], { seed: 1 });
  const label = x.square().sum({ axis: 1 }).sin().greaterEqual(0).cast("f32");

  test("the program of the description, but for metrics that come later", async () => {
    const model = sequential(
      [
        dense(64, {
          activation: activations.leakyRelu({ negativeSlope: 0.1 }),
          kernelInitializer: initializers.heNormal(),
          kernelRegularizer: regularizers.l2(1e-4),
          kernelConstraint: constraints.maxNorm(2),
        }),
        dense(1),
      ],
      { inputShape: [10] },
    );
    const net = model.compile({
      optimizer: adamW({ learningRate: schedules.cosineDecay(1e-3, { decaySteps: 1000 }) }),
      loss: losses.binaryCrossentropy({ fromLogits: true, labelSmoothing: 0.1 }),
      metrics: ["accuracy", metrics.auc({ curve: "PR" })],
    });
    const history = await net.fit(x, label, { epochs: 2, verbose: 0 });
    expect(Object.keys(history.metrics)).toEqual(["loss", "accuracy", "auc"]);
    expect(history.metrics.accuracy).toHaveLength(2);
    expect(await mse(label, label.add(1)).item()).toBe(1);
  });

  test("Keras's short names, and keys as they are given", async () => {
    const model = sequential([dense(1, { activation: "sigmoid" })], { inputShape: [10] });
    const net = model.compile({ loss: "bce", metrics: ["acc", "mse", "mae"] });
    expect(Object.keys(await net.evaluate(x, label))).toEqual(["loss", "acc", "mse", "mae"]);
    for (const name of ["mse", "mae", "bce", "cce", "mape", "msle"] as const) expect(losses[name]().kind).toBeTypeOf("string");
  });

  test("a target that needs gradients is refused, since PyTorch's order is the other", () => {
    expect(() => gradsmith.grad((prediction: Tensor) => mse(prediction, tensor([1, 2])))(tensor([3, 4]))).toThrow(/\[mse\].*target/);
  });
});

describe("names, decided: the old spelling throws and names the new one", () => {
  const old = gradsmith as unknown as Readonly<Record<string, (...args: readonly unknown[]) => unknown>>;
  test.each([
    ["conv2d", [32, { kernelSize: 3, padding: "same" }], "conv2d(32, 3"],
    ["conv1d", [8, { kernelSize: 5 }], "conv1d(8, 5"],
    ["conv2dTranspose", [8, { kernelSize: [2, 3] }], "conv2dTranspose(8, [2, 3]"],
    ["separableConv2d", [8, { kernelSize: 3 }], "separableConv2d(8, 3"],
    ["depthwiseConv2d", [{ kernelSize: 3 }], "depthwiseConv2d(3"],
    ["maxPooling2d", [{ poolSize: 3, strides: 1 }], "maxPooling2d(3"],
    ["averagePooling1d", [{ poolSize: 2 }], "averagePooling1d(2"],
    ["upSampling2d", [{ size: 2 }], "upSampling2d(2"],
    ["zeroPadding2d", [{ padding: 1 }], "zeroPadding2d(1"],
    ["piecewiseConstant", [[1], [1, 2]], "piecewiseConstantDecay"],
    [
      "auc",
      [
        [0, 1],
        [0.2, 0.8],
      ],
      "rocAuc",
    ],
  ] as [string, unknown[], string][])("%s", (name, args, wanted) => {
    expect(() => old[name]!(...args)).toThrow(wanted);
  });

  test.each([
    ["initializers", () => dense(1, { kernelInitializer: "uniform" as never }), "randomUniform"],
    ["initializers", () => dense(1, { kernelInitializer: "normal" as never }), "randomNormal"],
    [
      "a namespace",
      () => (initializers as unknown as { uniform(): void }).uniform(),
      "[initializers.uniform] is called initializers.randomUniform.",
    ],
    ["another", () => (losses as unknown as { kullbackLeibler(): void }).kullbackLeibler(), "is called losses.klDivergence."],
    ["a loss", () => gradsmith.kullbackLeibler(), "klDivergence(target, prediction)"],
    ["losses", () => sequential([dense(1)]).compile({ loss: "kullbackLeibler" as never }), "klDivergence"],
    ["activations", () => activations.leakyRelu({ slope: 0.1 } as object), "negativeSlope"],
    ["tensors", () => tensor([1]).leakyRelu({ slope: 0.1 } as object), "negativeSlope"],
    ["loaders", () => gradsmith.dataLoader(gradsmith.dataset({ x: [[1]], y: [1] }), { dropLast: true } as object), "dropRemainder"],
  ] as [string, () => unknown, string][])("%s: %#", (_where, call, wanted) => {
    expect(call).toThrow(wanted);
  });

  test("the namespaces of the table", () => {
    for (const name of ["stepDecay", "exponentialDecay", "inverseTimeDecay", "polynomialDecay", "cosineDecay", "piecewiseConstantDecay"])
      expect(schedules).toHaveProperty(name);
    for (const name of [
      "zeros",
      "ones",
      "constant",
      "randomUniform",
      "randomNormal",
      "truncatedNormal",
      "glorotUniform",
      "varianceScaling",
      "orthogonal",
      "identity",
    ])
      expect(initializers).toHaveProperty(name);
    for (const name of ["l1", "l2", "l1l2"]) {
      expect(regularizers).toHaveProperty(name);
      expect(gradsmith).toHaveProperty(name);
    }
    for (const name of ["maxNorm", "minMaxNorm", "nonNegative", "unitNorm"]) expect(constraints).toHaveProperty(name);
    for (const name of ["clipByValue", "clipByNorm", "clipByGlobalNorm", "rocAuc"]) expect(gradsmith).toHaveProperty(name);
  });
});

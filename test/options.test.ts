import * as gradsmith from "gradsmith";
import { describe, expect, test } from "vitest";

// Every factory and every call that takes options refuses one that doesn't exist. What is exported decides what is looked at: a name that is
// new must be given its arguments here, or be said to take none.

const { GradsmithError, dataset, dense, sequential, tensor, zeros } = gradsmith;
const x = zeros([4, 2]);
const scalar = (w: gradsmith.Tensor): gradsmith.Tensor => w.square().sum();
const compiled = () => sequential([dense(1)], { inputShape: [2] }).compile({ loss: "mse" });
const samples = () => dataset({ x: [[1], [2]], y: [1, 2] });

type Call = (wrong: object) => unknown;
const after =
  (owner: object, name: string, ...positional: readonly unknown[]): Call =>
  (wrong) =>
    ((owner as Readonly<Record<string, (...args: readonly unknown[]) => unknown>>)[name] as (...args: readonly unknown[]) => unknown).call(
      owner,
      ...positional,
      wrong,
    );

/** Arguments before the options, of what takes some. */
const positional: Readonly<Record<string, readonly unknown[]>> = {
  activation: ["relu"],
  arange: [3],
  circles: [10],
  compile: [scalar],
  confusionMatrix: [
    [0, 1],
    [0, 1],
  ],
  confusionTable: [{ counts: [[1]], rowTotals: [1], columnTotals: [1], total: 1 }],
  conv1d: [2, 2],
  conv2d: [2, 2],
  conv2dTranspose: [2, 2],
  conv3d: [2, 2],
  cosineDecay: [0.1],
  dataLoader: [samples()],
  decisionBoundary: [(points: gradsmith.Tensor) => points],
  dense: [2],
  depthwiseConv1d: [2],
  depthwiseConv2d: [2],
  dropout: [0.5],
  exponentialDecay: [0.1],
  eye: [2],
  fromPixels: [{ data: new Uint8ClampedArray(4), width: 1, height: 1 }],
  full: [[2], 1],
  gru: [2],
  inverseTimeDecay: [0.1],
  learningCurves: [{ epochs: [0], metrics: { loss: [1] }, stopped: "done" }],
  linspace: [0, 1],
  loop: [(state: object) => state, {}, {}],
  lstm: [2],
  minimize: [scalar, tensor([1])],
  moons: [10],
  ones: [[2]],
  polynomialDecay: [0.1],
  reshape: [[2]],
  rocChart: [{ thresholds: [1], truePositiveRates: [1], falsePositiveRates: [1] }],
  scan: [(carry: gradsmith.Tensor) => ({ carry, y: undefined }), tensor(0)],
  separableConv2d: [2, 2],
  sequential: [[dense(1)]],
  signOfSine: [10],
  simpleRnn: [2],
  sineOfSquares: [10],
  sparkline: [[1, 2]],
  spirals: [10],
  stepDecay: [0.1],
  table: [[{ a: 1 }]],
  tensor: [[1]],
  upSampling2d: [2],
  valueAndGrad: [scalar],
  zeroPadding1d: [1],
  zeroPadding2d: [1],
  zeroPadding3d: [1],
  zeros: [[2]],
  ...Object.fromEntries(["average", "max"].flatMap((kind) => [1, 2, 3].map((rank) => [`${kind}Pooling${rank}d`, [2]]))),
  ...Object.fromEntries(
    Object.keys(gradsmith.losses)
      .filter((name) => name in gradsmith)
      .map((name) => [name, [x, x]]),
  ),
};

/** Why a function has no options. */
const without: Readonly<Record<string, string>> = {
  auc: "an old name, which says so",
  clipByGlobalNorm: "a limit and an optimizer",
  clipByNorm: "a limit and an optimizer",
  clipByValue: "a limit and an optimizer",
  concat: "an axis",
  crossEntropy: "a target and logits",
  csvLogger: "a function that writes",
  customGradient: "two functions",
  dataset: "samples",
  decodeSafetensors: "bytes and a name",
  defineLoss: "a kind, a formula and the checks of its options",
  describeDevice: "nothing",
  devices: "nothing",
  encodeSafetensors: "tensors and texts",
  grad: "a function",
  initialHyperparameters: "an optimizer",
  initialSlots: "an optimizer and parameters",
  jsonLinesLogger: "a function that writes",
  kullbackLeibler: "an old name, which says so",
  l1: "a number",
  l2: "a number",
  lambdaCallback: "a callback's members",
  learningRateScheduler: "a function of the epoch",
  loadModel: "a place",
  pageProgress: "an element",
  removeSavedModel: "a name",
  savedModels: "nothing",
  toPixels: "a tensor and a canvas",
  logitsOf: "a value",
  maskOf: "a value and a shape",
  meanLoss: "a function",
  meanMetric: "a kind and what makes it up",
  parseIdx: "bytes and a name",
  piecewiseConstant: "an old name, which says so",
  piecewiseConstantDecay: "boundaries and values",
  ratio: "two numbers",
  register: "a thing",
  rocAuc: "labels and scores",
  rocCurve: "scores and labels",
  stack: "an axis",
  stopGradient: "a tensor",
  tensorDataset: "features and labels",
  updateTree: "an optimizer and states",
  where: "three tensors",
  withLogits: "values",
  withMask: "values",
  xorSamples: "nothing",
};

const isClass = (value: unknown): boolean => typeof value === "function" && /^class\b/.test(Function.prototype.toString.call(value));
const functionsOf = (owner: object): string[] =>
  Object.entries(owner)
    .filter(([, value]) => typeof value === "function" && !isClass(value))
    .map(([name]) => name);

const calls: Record<string, Call> = {};
for (const name of functionsOf(gradsmith)) {
  if (name in without) continue;
  calls[name] = after(gradsmith, name, ...(positional[name] ?? []));
}

/** Namespaces of factories, with what comes before the options. */
const namespaces: Readonly<Record<string, Readonly<Record<string, readonly unknown[] | string>>>> = {
  activations: {},
  constraints: { maxNorm: [2] },
  initializers: {},
  losses: {},
  metrics: {},
  optimizers: {},
  regularizers: { l1: "a number", l2: "a number" },
  schedules: {
    ...Object.fromEntries(functionsOf(gradsmith.schedules).map((name) => [name, [0.1]])),
    piecewiseConstantDecay: "boundaries and values",
  },
  random: {
    bernoulli: [[2]],
    bits: "a key and a shape",
    categorical: [x],
    fold: "a key",
    foldIn: "a key and a number",
    key: "a seed",
    normal: [[2]],
    permutation: [3],
    split: "a key and a number",
    truncatedNormal: [[2]],
    uniform: [[2]],
  },
};
for (const [space, own] of Object.entries(namespaces)) {
  const owner = (gradsmith as unknown as Readonly<Record<string, object>>)[space]!;
  for (const name of functionsOf(owner)) {
    const given = own[name] ?? [];
    if (typeof given !== "string") calls[`${space}.${name}`] = after(owner, name, ...given);
  }
}

Object.assign(calls, {
  "model.compile": (wrong) => compiled().compile({ loss: "mse", ...wrong }),
  "model.fit": (wrong) => compiled().fit(x, zeros([4]), wrong),
  "model.fit of batches": (wrong) => compiled().fit([{ x, y: zeros([4]) }].values(), wrong),
  "model.evaluate": (wrong) => compiled().evaluate(x, zeros([4]), wrong),
  "model.evaluate of batches": (wrong) => compiled().evaluate([{ x, y: zeros([4]) }].values(), wrong),
  "model.predict": (wrong) => compiled().predict(x, wrong),
  "model.init": (wrong) => compiled().init(wrong),
  "model.summary": (wrong) => compiled().summary(wrong),
  "model.applyWith": (wrong) => compiled().applyWith(compiled().weights, x, wrong),
  "trainState.update": (wrong) => compiled().init().update(gradsmith.sgd(), {}, wrong),
  "dataset.shuffle": (wrong) => samples().shuffle(wrong),
  "dataset.batch": (wrong) => samples().batch(2, wrong),
} satisfies Record<string, Call>);

const reductions = [
  "sum",
  "mean",
  "max",
  "min",
  "prod",
  "variance",
  "std",
  "argmax",
  "argmin",
  "softmax",
  "logSoftmax",
  "logSumExp",
  "all",
  "any",
  "norm",
];
for (const name of reductions) calls[`tensor.${name}`] = after(x, name);
Object.assign(calls, {
  "tensor.pad": after(x, "pad", [
    [0, 0],
    [0, 0],
  ]),
  "tensor.slice": after(x, "slice", [0, 0], [1, 1]),
  "tensor.gelu": after(x, "gelu"),
  "tensor.elu": after(x, "elu"),
  "tensor.leakyRelu": after(x, "leakyRelu"),
  "tensor.split": after(x, "split", 2),
  "tensor.gather": after(x, "gather", tensor([0], { dtype: "i32" })),
  "tensor.positions": after(x, "positions"),
  "tensor.windows": (wrong: object) => x.windows({ axes: [0], sizes: [1], ...wrong }),
});

describe("an option that doesn't exist is refused, with the names that do", () => {
  test.each(Object.entries(calls))("%s", async (_name, call) => {
    const error = await Promise.resolve({ notAnOption: 1 })
      .then(call)
      .then(
        (result) => new Error(`was taken: ${String(result)}`),
        (thrown: unknown) => thrown as Error,
      );
    expect(error.message).toContain('unknown option "notAnOption"');
    expect(error).toBeInstanceOf(GradsmithError);
    expect((error as InstanceType<typeof GradsmithError>).code).toBe("option");
  });

  test("what is said to take no options is exported", () => {
    for (const name of [...Object.keys(without), ...Object.keys(positional)]) expect(Object.keys(gradsmith), name).toContain(name);
  });

  test.each([
    ["lr", () => gradsmith.adam({ lr: 0.1 } as object), '[adam] unknown option "lr". Here it is called "learningRate".'],
    ["input_dim", () => dense(3, { input_dim: 3 } as object), '[dense] unknown option "input_dim". Here it is called "inputShape".'],
    ["betas", () => gradsmith.adam({ betas: [0.9, 0.99] } as object), 'Here it is called "beta1" and "beta2".'],
    ["weight_decay", () => gradsmith.adamW({ weight_decay: 0.1 } as object), 'Here it is called "weightDecay".'],
    ["dim", () => x.sum({ dim: 0 } as object), 'Here it is called "axis"'],
    ["keepdim", () => x.sum({ axis: 0, keepdim: true } as object), 'Here it is called "keepDims".'],
    ["activaton", () => dense(3, { activaton: "relu" } as object), 'Did you mean "activation"?'],
    ["dropLast", () => gradsmith.dataLoader(samples(), { dropLast: true } as object), 'Here it is called "dropRemainder".'],
  ])("%s names the right one", (_name, call, message) => {
    expect(call).toThrow(message);
  });

  test.each([
    ["epoch", { epoch: 3 }, '[fit] unknown option "epoch". Did you mean "epochs"?'],
    ["initialEpoch of NaN", { initialEpoch: Number.NaN }, "[fit] initialEpoch must be a whole number of at least 0, got NaN."],
    ["verbose of 7", { verbose: 7 }, '[fit] verbose must be "auto", 0, 1 or 2, got 7.'],
    [
      "callbacks that are no list",
      { callbacks: {} },
      "[fit] callbacks must be a list of callbacks, got an object. Write [earlyStopping()].",
    ],
    ["batchSize of text", { batchSize: "32" }, '[fit] batchSize must be a positive integer, got "32".'],
  ])("fit: %s", async (_name, options, message) => {
    await expect(compiled().fit(x, zeros([4]), options as object)).rejects.toThrow(message);
  });
});

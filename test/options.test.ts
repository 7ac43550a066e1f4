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
  rocChart: [gradsmith.rocCurve([0.1, 0.9], [0, 1])],
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

const index = tensor([0], { dtype: "i32" });
const nothing = [
  [0, 0],
  [0, 0],
];
/** Every method of tensors: what comes before its options, or why it has none. */
const methods: Readonly<Record<string, readonly unknown[] | string>> = {
  ...Object.fromEntries(
    "sum prod max min mean variance std norm logSumExp any all argmax argmin softmax logSoftmax gelu elu leakyRelu flip positions"
      .split(" ")
      .map((name) => [name, []]),
  ),
  concat: [x],
  contract: ["ij,ij->i", x],
  fold: [],
  gather: [index],
  pad: [nothing],
  repeat: [2],
  scatter: [tensor([0, 1, 2, 3], { dtype: "i32" })],
  slice: [
    [0, 0],
    [1, 1],
  ],
  split: [2],
  stack: [x],
  take: [index],
  windows: [],
  ...Object.fromEntries(
    [
      "neg abs sign square floor ceil trunc round exp expm1 log log1p sqrt rsqrt reciprocal sin cos tan tanh erf erfinv sigmoid relu softplus silu",
      "isNaN isFinite not bitwiseNot stopGradient identity read array item toString toJSON settle floating",
    ].flatMap((names) => names.split(" ").map((name) => [name, "nothing"])),
  ),
  ...Object.fromEntries(
    [
      "add sub mul div floorDivide mod pow maximum minimum equal notEqual less lessEqual greater greaterEqual and or xor bitwiseAnd bitwiseOr",
      "bitwiseXor shiftLeft shiftRight where clip matmul dot outer scatterAdd fill",
    ].flatMap((names) => names.split(" ").map((name) => [name, "numbers or tensors"])),
  ),
  ...Object.fromEntries("cast bitcast".split(" ").map((name) => [name, "a dtype"])),
  ...Object.fromEntries(
    "reshape flatten transpose permute swapAxes broadcastTo expandDims squeeze get tile oneHot"
      .split(" ")
      .map((name) => [name, "places or counts"]),
  ),
  record: "an op and its attributes",
};
for (const [name, before] of Object.entries(methods)) if (typeof before !== "string") calls[`tensor.${name}`] = after(x, name, ...before);

/** What must be there beside any option. */
const required: Readonly<Record<string, object>> = {
  "tensor.windows": { axes: [0], sizes: [1] },
  "tensor.fold": { axes: [0], lengths: [5] },
  "tensor.scatter": { size: 4 },
};
for (const [name, options] of Object.entries(required)) {
  const call = calls[name]!;
  calls[name] = (wrong) => call({ ...options, ...wrong });
}

/** Values that hardly any option can have. */
const nonsense: readonly unknown[] = [
  Number.NaN,
  -1.5,
  1e300,
  "nonsense",
  { notIt: 1 },
  Object.create(null),
  { toString: 1 },
  () => 1,
  null,
  Symbol("nonsense"),
  10n,
  [Number.NaN],
  [["nonsense"]],
  true,
  new Date(Number.NaN),
];

/** The names of the options that a call knows, which its error lists. */
async function optionsOf(call: Call): Promise<readonly string[]> {
  const { message } = await failureOf(() => call({ notAnOption: 1 }));
  return /Known: (.*)\.$/.exec(message)?.[1]?.split(", ") ?? [];
}

async function failureOf(work: () => unknown): Promise<Error> {
  try {
    return new Error(`was taken: ${String(await work())}`);
  } catch (error) {
    return error as Error;
  }
}

describe("an option that doesn't exist is refused, with the names that do", () => {
  test.each(Object.entries(calls))("%s", async (_name, call) => {
    const error = await failureOf(() => call({ notAnOption: 1 }));
    expect(error.message).toContain('unknown option "notAnOption"');
    expect(error).toBeInstanceOf(GradsmithError);
    expect((error as InstanceType<typeof GradsmithError>).code).toBe("option");
  });

  test("every method of tensors is known here", () => {
    const all = Object.getOwnPropertyNames(gradsmith.Tensor.prototype).filter(
      (name) => name !== "constructor" && typeof Object.getOwnPropertyDescriptor(gradsmith.Tensor.prototype, name)!.value === "function",
    );
    expect(Object.keys(methods).sort()).toEqual(all.sort());
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

describe("a misspelt option is refused with the name that was meant", () => {
  test.each(Object.entries(calls))("%s", async (_name, call) => {
    for (const option of await optionsOf(call)) {
      const { message } = await failureOf(() => call({ [`${option}z`]: 1 }));
      expect(message).toContain(`unknown option "${option}z". Did you mean "${option}"?`);
    }
  });
});

describe("an option of a wrong type, or far out of range, is an error of this package's", () => {
  test.each(Object.entries(calls))("%s", async (_name, call) => {
    for (const option of await optionsOf(call)) {
      const failures = await Promise.all(nonsense.map((value) => failureOf(() => call({ [option]: value }))));
      const foreign = failures.filter((error) => !(error instanceof GradsmithError) && !error.message.startsWith("was taken"));
      expect(foreign, option).toEqual([]);
      // Each is refused some: nothing is taken unseen.
      expect(failures.filter((error) => error instanceof GradsmithError).length, option).toBeGreaterThan(nonsense.length / 2);
    }
  });
});

describe("a place, a count or a size that is no whole number is refused", () => {
  const cases: Readonly<Record<string, (value: never) => unknown>> = {
    reshape: (value) => x.reshape([value, 2]),
    flatten: (value) => x.flatten(value),
    transpose: (value) => x.transpose([value, 0]),
    swapAxes: (value) => x.swapAxes(value, 0),
    broadcastTo: (value) => x.broadcastTo([value, 4, 2]),
    expandDims: (value) => x.expandDims(value),
    squeeze: (value) => zeros([1, 2]).squeeze(value),
    get: (value) => x.get(value),
    tile: (value) => x.tile(value),
    oneHot: (value) => index.oneHot(value),
    repeat: (value) => x.repeat(value),
    split: (value) => x.split(value),
    "split into lengths": (value) => x.split([value, 1]),
    "slice starts": (value) => x.slice([value]),
    "slice sizes": (value) => x.slice([0], [value]),
    "slice strides": (value) => x.slice([0], [1], { strides: [value] }),
    "pad widths": (value) => x.pad([[value, 0]]),
    "pad spacing": (value) => x.pad(nothing, { spacing: [value, 1] }),
    "windows sizes": (value) => x.windows({ axes: [0], sizes: [value] }),
    "windows strides": (value) => x.windows({ axes: [0], sizes: [1], strides: value }),
    "windows dilations": (value) => x.windows({ axes: [0], sizes: [1], dilations: value }),
    "scatter size": (value) => x.scatter(tensor([0, 1, 2, 3], { dtype: "i32" }), { size: value }),
    "argmax axis": (value) => x.argmax({ axis: value }),
    "sum axes": (value) => x.sum({ axes: [value] }),
    "concat axis": (value) => gradsmith.concat([x, x], { axis: value }),
    "stack axis": (value) => gradsmith.stack([x, x], { axis: value }),
    zeros: (value) => zeros([value]),
    full: (value) => gradsmith.full([value], 1),
    eye: (value) => gradsmith.eye(value),
    "random.normal": (value) => gradsmith.random.normal([value]),
    "random.permutation": (value) => gradsmith.random.permutation(value),
    "random.key": (value) => gradsmith.random.key(value),
    "random.foldIn": (value) => gradsmith.random.foldIn(gradsmith.random.key(1), value),
    "random.split": (value) => gradsmith.random.split(gradsmith.random.key(1), value),
    "dataset.take": (value) => samples().take(value),
    "dataset.skip": (value) => samples().skip(value),
    "dataset.batch": (value) => samples().batch(value),
    dense: (value) => dense(value),
    conv2d: (value) => gradsmith.conv2d(value, 2),
    lstm: (value) => gradsmith.lstm(value),
    upSampling2d: (value) => gradsmith.upSampling2d(value),
    zeroPadding2d: (value) => gradsmith.zeroPadding2d(value),
    build: (value) => sequential([dense(1)]).build([value]),
    inputShape: (value) => sequential([dense(1)], { inputShape: [value] }),
    spirals: (value) => gradsmith.spirals(value),
  };
  test.each(Object.entries(cases))("%s", async (_name, call) => {
    for (const value of [1.5, Number.NaN, Number.POSITIVE_INFINITY, "1", {}, [[1]]]) {
      const error = await failureOf(() => call(value as never));
      expect(error, String(value)).toBeInstanceOf(GradsmithError);
    }
  });
});

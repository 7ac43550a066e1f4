import { describe, test } from "vitest";
import { activations } from "../../src/nn/activations.ts";
import type { Loss } from "../../src/nn/losses/loss.ts";
import { losses } from "../../src/nn/losses/registry.ts";
import { tensor } from "../../src/tensor/create.ts";
import type { Tensor } from "../../src/tensor/tensor.ts";
import { checkGradients } from "../table/differences.ts";
import { randomNumbers, sample, slots } from "../table/reference.ts";

/** Where a function is smooth enough for a second derivative: points away from its kinks, and those that look like kinks and are none. */
const check = (f: (x: Tensor) => Tensor, at: readonly number[], shape: readonly number[] = [at.length]): void => {
  const inputs = slots([[...shape]]);
  checkGradients(([x]) => f(x!), inputs, [[...at]]);
};

const generic = [-2.3, -0.7, 0.4, 1.6, 2.9];

describe("first and second derivatives of activations agree with finite differences", () => {
  const kinked: Readonly<Record<string, true>> = {
    step: true,
    relu: true,
    leakyRelu: true,
    elu: true,
    selu: true,
    softsign: true,
    relu6: true,
    hardSigmoid: true,
  };
  test.each(Object.entries(activations))("%s", (name, activation) => {
    const { call } = activation();
    check(call, generic);
    if (kinked[name] === undefined && !name.includes("oftmax")) check(call, [0, -0, 1e-9, 1, -1]);
  });
});

describe("first and second derivatives of losses agree with finite differences", () => {
  const probabilities = [0.2, 0.5, 0.9, 0.35, 0.62, 0.11];
  const targets = [0, 1, 0.25, 1, 0, 0.5];
  const points: Readonly<Record<string, readonly number[]>> = {
    bce: probabilities,
    binaryCrossentropy: probabilities,
    cce: probabilities,
    categoricalCrossentropy: probabilities,
    sparseCategoricalCrossentropy: probabilities,
    klDivergence: probabilities,
    kld: probabilities,
    poisson: probabilities,
    msle: [0.3, 1.7, 0.2, 2.5, 0.9, 0.1],
    meanSquaredLogarithmicError: [0.3, 1.7, 0.2, 2.5, 0.9, 0.1],
  };
  const each = Object.entries(losses as Readonly<Record<string, (options?: object) => Loss>>);
  test.each(each)("%s", (name, loss) => {
    const { perSample, targets: kind } = loss();
    // A percentage of 0 is no number that differences could show.
    const wanted = name === "mape" || name === "meanAbsolutePercentageError" ? targets.map((t) => t + 1) : targets;
    const target = kind === "labels" ? tensor([1, 0], { dtype: "i32" }) : tensor(wanted, { dtype: "f64", shape: [2, 3] });
    check((x) => perSample(target, x), points[name] ?? [-1.3, 0.4, 2.2, -0.6, 0.75, 1.9], [2, 3]);
  });

  const target = tensor([0, 1, 0.25, 1], { dtype: "f64", shape: [1, 4] });
  const logits = { fromLogits: true };
  test("binaryCrossentropy from logits, at 0 too", () => {
    check((z) => losses.binaryCrossentropy(logits).perSample(target, z), [0, -0, 0, 30], [1, 4]);
  });
  test("categoricalCrossentropy from logits, at ties too", () => {
    check((z) => losses.categoricalCrossentropy(logits).perSample(tensor([[0, 1, 0, 0]], { dtype: "f64" }), z), [0, 0, 0, 0], [1, 4]);
  });
  test("sparseCategoricalCrossentropy from logits, at ties too", () => {
    check((z) => losses.sparseCategoricalCrossentropy(logits).perSample(tensor([2], { dtype: "i32" }), z), [1, 1, 1, -4], [1, 4]);
  });
  test("logCosh at 0", () => {
    check((x) => losses.logCosh().perSample(tensor([[0, 0, 0, 0]], { dtype: "f64" }), x), [0, 1e-7, -2e-3, 5], [1, 4]);
  });
});

describe("first and second derivatives of composites agree with finite differences", () => {
  const composites: Readonly<Record<string, (x: Tensor) => Tensor>> = {
    prod: (x) => x.prod(),
    "prod over one axis": (x) => x.reshape([2, 3]).prod({ axis: 1 }),
    mean: (x) => x.mean().square(),
    variance: (x) => x.variance(),
    std: (x) => x.std({ ddof: 1 }),
    norm: (x) => x.norm(),
    softmax: (x) => x.softmax(),
    logSoftmax: (x) => x.logSoftmax(),
    logSumExp: (x) => x.logSumExp(),
    clip: (x) => x.clip(-10, 10).square(),
    "pow of whole numbers": (x) => x.pow(3),
    "pow by a tensor": (x) => x.square().add(0.5).pow(x),
    mod: (x) => x.mod(0.77).square(),
    matmul: (x) => x.reshape([2, 3]).matmul(x.reshape([3, 2])),
    outer: (x) => x.outer(x),
    "gather and scatter": (x) =>
      x
        .square()
        .gather(tensor([0, 2, 2], { dtype: "i32" }))
        .mul(x.slice([0], [3])),
    "windows and fold": (x) => x.windows({ axes: 0, sizes: 3 }).square().fold({ axes: 0, lengths: 6 }),
    "concat, flip and pad": (x) =>
      x
        .concat(x.flip().square())
        .pad([[1, 2]], 3)
        .square(),
    erfinv: (x) => x.mul(0.2).erfinv(),
    tan: (x) => x.mul(0.3).tan(),
  };
  const at = [-1.9, 0.3, 1.1, -0.6, 2.4, 0.8];
  test.each(Object.entries(composites))("%s", (_, f) => check(f, at));

  test("prod with one zero, with two, and with three", () => {
    check((x) => x.prod(), [0, 2, 3, -1]);
    check((x) => x.prod(), [0, 2, 0, 5, 1.5]);
    check((x) => x.prod(), [0, 2, 0, 0]);
  });
  test("logSumExp, softmax and variance of equal numbers", () => {
    for (const f of [(x: Tensor) => x.logSumExp(), (x: Tensor) => x.softmax(), (x: Tensor) => x.variance()]) check(f, [1, 1, 1]);
  });
  test("pow of whole numbers at 0", () => {
    check((x) => x.pow(3).add(x.pow(2)), [0, -0]);
  });
  test("a random product of them all", () => {
    const next = randomNumbers(3);
    check((x) => x.softmax().mul(x.logSumExp()).mul(x.norm()).mul(x.variance()), sample(next, [5]));
  });
});

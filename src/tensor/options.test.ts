import { describe, expect, test } from "vitest";
import { refusal } from "../../test/refusal.ts";
import type { DType } from "../core/dtype.ts";
import type { Shape } from "../core/shape.ts";
import { arange, eye, full, input, linspace, ones, tensor, zeros } from "./create.ts";
import { concat, stack } from "./join.ts";
import { random } from "./random.ts";
import type { Tensor } from "./tensor.ts";

const x = input(0, { dtype: "f32", shape: [4, 6] });
const rows = input(1, { dtype: "i32", shape: [2] });
const wrong = (value: unknown) => value as never;
const other = wrong({ notAnOption: 1 });

/** Each call that has options, with them and what it needs. */
const calls: Readonly<Record<string, () => unknown>> = {
  tensor: () => tensor([1], other),
  full: () => full([1], 1, other),
  zeros: () => zeros([1], other),
  ones: () => ones([1], other),
  arange: () => arange(3, other),
  linspace: () => linspace(0, 1, other),
  eye: () => eye(2, other),
  "random.uniform": () => random.uniform([1], other),
  "random.normal": () => random.normal([1], other),
  "random.truncatedNormal": () => random.truncatedNormal([1], other),
  "random.bernoulli": () => random.bernoulli([1], other),
  "random.permutation": () => random.permutation(3, other),
  "random.categorical": () => random.categorical(x, other),
  concat: () => concat([x], other),
  stack: () => stack([x], other),
  sum: () => x.sum(other),
  prod: () => x.prod(other),
  max: () => x.max(other),
  min: () => x.min(other),
  mean: () => x.mean(other),
  variance: () => x.variance(other),
  std: () => x.std(other),
  norm: () => x.norm(other),
  logSumExp: () => x.logSumExp(other),
  any: () => x.any(other),
  all: () => x.all(other),
  argmax: () => x.argmax(other),
  argmin: () => x.argmin(other),
  softmax: () => x.softmax(other),
  logSoftmax: () => x.logSoftmax(other),
  gelu: () => x.gelu(other),
  elu: () => x.elu(other),
  leakyRelu: () => x.leakyRelu(other),
  contract: () => x.contract("ab,bc->ac", x.transpose(), other),
  slice: () => x.slice([0], [1], other),
  pad: () =>
    x.pad(
      [
        [0, 0],
        [1, 1],
      ],
      other,
    ),
  flip: () => x.flip(other),
  split: () => x.split(2, other),
  repeat: () => x.repeat(2, other),
  windows: () => x.windows(wrong({ axes: 1, sizes: 2, notAnOption: 1 })),
  fold: () => x.expandDims(2).fold(wrong({ axes: 1, lengths: 6, notAnOption: 1 })),
  gather: () => x.gather(rows, other),
  scatter: () => x.slice([0], [2]).scatter(rows, wrong({ size: 3, notAnOption: 1 })),
  positions: () => x.positions(other),
};

test.each(Object.entries(calls))("%s refuses an option that it doesn't have", async (name, call) => {
  const [code, message] = await refusal(call);
  expect([code, message.slice(0, message.indexOf(".", name.length) + 1)]).toEqual(["option", `[${name}] unknown option "notAnOption".`]);
});

const axisHint = 'Here it is called "axis". Known: axis, axes, keepDims.';
const dtypeList = 'Use "bool", "u8", "u32", "i32", "bf16", "f16", "f32" or "f64".';
const notShape = "is not a shape. Use a list of integers from 0.";

test.each<readonly [string, () => unknown, string, string]>([
  ["PyTorch's axis", () => x.sum(wrong({ dim: 1 })), "option", `[sum] unknown option "dim". ${axisHint}`],
  [
    "NumPy's keepdims",
    () => x.mean(wrong({ keepdims: true })),
    "option",
    '[mean] unknown option "keepdims". Here it is called "keepDims". Known: axis, axes, keepDims.',
  ],
  [
    "the old slope",
    () => x.leakyRelu(wrong({ slope: 0.1 })),
    "option",
    '[leakyRelu] unknown option "slope". Here it is called "negativeSlope". Known: negativeSlope.',
  ],
  [
    "keepDims where nothing is reduced",
    () => x.softmax(wrong({ keepDims: true })),
    "option",
    '[softmax] unknown option "keepDims". Known: axis, axes.',
  ],
  ["a flag that is a number", () => x.sum({ keepDims: wrong(1) }), "option", "[sum] keepDims must be true or false, got 1."],
  ["null", () => x.sum(wrong(null)), "option", "[sum] the options must be an object, got null. Write sum(..., { axis: ... })."],
  ["an axis as text", () => x.sum(wrong("0")), "shape", '[sum] axis "0" does not exist in a tensor of rank 2. Use -2 to 1.'],
  ["half an axis", () => x.softmax({ axis: 0.5 }), "shape", "[softmax] axis 0.5 does not exist in a tensor of rank 2. Use -2 to 1."],
  ["two axes for argmax", () => x.argmax([0, 1]), "option", "[argmax] needs one axis, got [0, 1]. Name one, or reshape first."],
  ["a negative ddof", () => x.variance({ ddof: -1 }), "option", "[variance] ddof must be a number of at least 0, got -1."],
  [
    "a slope that is none",
    () => x.leakyRelu({ negativeSlope: Number.NaN }),
    "option",
    "[leakyRelu] negativeSlope must be a finite number, got NaN.",
  ],
  ["strides that are no list", () => x.slice([0], [1], { strides: wrong(2) }), "option", "[slice] strides must be an array, got 2."],
  ["starts that are no list", () => x.slice(wrong(0)), "shape", "[slice] starts 0 do not suit [4, 6]. Give 2 integers at most."],
  [
    "a spacing too few",
    () =>
      x.pad(
        [
          [0, 0],
          [0, 0],
        ],
        { spacing: [2] },
      ),
    "option",
    "[pad] spacing must have 2 numbers, got [2]. Give one for each axis.",
  ],
  [
    "widths that are none",
    () => x.pad(wrong(1)),
    "shape",
    "[pad] [4, 6] needs 2 pairs of widths, got 1. Give [before, after] for each axis, 0 or more.",
  ],
  ["windows of nothing", () => x.windows(wrong({ axes: 0 })), "option", "[windows] sizes must be a positive integer, got undefined."],
  [
    "windows without options",
    () => x.windows(wrong(undefined)),
    "option",
    "[windows] the options must be an object, got undefined. Write windows(..., { axes: ... }).",
  ],
  [
    "a window that is half one",
    () => x.windows({ axes: [0, 1], sizes: [2, 1.5] }),
    "option",
    "[windows] sizes[1] must be a positive integer, got 1.5.",
  ],
  [
    "a size that is none",
    () => x.slice([0], [2]).scatter(rows, wrong({})),
    "option",
    "[scatter] size must be a whole number of at least 0, got undefined.",
  ],
  ["half a repetition", () => x.repeat(1.5), "option", "[repeat] count must be a whole number of at least 0, got 1.5."],
  ["a shape in two arguments", () => x.reshape(wrong(6)), "shape", "[reshape] 6 is not a shape. Use integers from 0, and -1 once at most."],
  ["axes in two arguments", () => x.permute(wrong(1)), "shape", "[permute] [4, 6] has 2 axes, 1 names 1. Name each axis once."],
  ["a shape that is none", () => x.broadcastTo([4.5, 6]), "shape", `[broadcastTo] [4.5, 6] ${notShape}`],
  [
    "an array for a matrix",
    () => x.matmul(wrong([1, 2])),
    "usage",
    "[tensor] expected a tensor or a number, got object. Wrap arrays with tensor(...).",
  ],
  [
    "tensors in two arguments",
    () => concat(wrong(x), wrong(x)),
    "usage",
    "[concat] the tensors must be an array, got an object. Write concat([a, b]).",
  ],
  ["text for a number", () => x.fill(wrong("1")), "option", '[fill] the value must be a number, got "1".'],

  ["dtype f128 of tensor", () => tensor([1], { dtype: wrong("f128") }), "dtype", `[tensor] unknown dtype "f128". ${dtypeList}`],
  ["dtype f128 of zeros", () => zeros([1], { dtype: wrong("f128") }), "dtype", `[zeros] unknown dtype "f128". ${dtypeList}`],
  [
    "dtype float32 of eye",
    () => eye(2, { dtype: wrong("float32") }),
    "dtype",
    `[eye] unknown dtype "float32". Did you mean "f32"? ${dtypeList}`,
  ],
  [
    "dtype f128 of random",
    () => random.normal([1], { dtype: wrong("f128") }),
    "dtype",
    `[random.normal] unknown dtype "f128". ${dtypeList}`,
  ],
  ["a shape in fractions", () => tensor(new Float32Array(5), { shape: [2.5, 2] }), "shape", `[tensor] [2.5, 2] ${notShape}`],
  ["a shape below 0", () => tensor(new Float32Array(5), { shape: [-1, -5] }), "shape", `[tensor] [-1, -5] ${notShape}`],
  ["a shape of texts", () => tensor(new Float32Array(5), { shape: wrong(["5"]) }), "shape", `[tensor] ["5"] ${notShape}`],
  ["a shape that is a number", () => zeros(wrong(3)), "shape", `[zeros] 3 ${notShape}`],
  ["a random shape that is a number", () => random.uniform(wrong(3)), "shape", `[random.uniform] 3 ${notShape}`],
  ["a value that is none", () => full([1], wrong("7")), "option", '[full] the value must be a number, got "7".'],
  ["a flag for transfer", () => tensor([1], { transfer: wrong("yes") }), "option", '[tensor] transfer must be true or false, got "yes".'],
  ["a stop that is none", () => arange(0, wrong("5")), "option", '[arange] stop must be a finite number, got "5".'],
  ["no step", () => arange(0, 5, { step: 0 }), "option", "[arange] step must not be 0. Use full for equal numbers."],
  [
    "NumPy's count",
    () => linspace(0, 1, wrong({ num: 5 })),
    "option",
    '[linspace] unknown option "num". Here it is called "count". Known: dtype, count.',
  ],
  ["half a count", () => linspace(0, 1, { count: 2.5 }), "option", "[linspace] count must be a whole number of at least 0, got 2.5."],
  ["an infinite end", () => linspace(0, Infinity), "option", "[linspace] stop must be a finite number, got Infinity."],
  [
    "Keras's minval",
    () => random.uniform([1], wrong({ minval: -1 })),
    "option",
    '[random.uniform] unknown option "minval". Here it is called "low". Known: seed, key, dtype, low, high.',
  ],
  [
    "Keras's stddev",
    () => random.normal([1], wrong({ stddev: 2 })),
    "option",
    '[random.normal] unknown option "stddev". Here it is called "std". Known: seed, key, dtype, mean, std.',
  ],
  ["a negative deviation", () => random.normal([1], { std: -1 }), "option", "[random.normal] std must be a number of at least 0, got -1."],
  [
    "bounds in the wrong order",
    () => random.truncatedNormal([1], { low: 1, high: -1 }),
    "option",
    "[random.truncatedNormal] low 1 is not below high -1. Swap them.",
  ],
  [
    "a key that is a number",
    () => random.uniform([1], { key: wrong(7) }),
    "option",
    "[random] a key is u32 [2], got 7. Make one with random.key(seed).",
  ],
  [
    "a seed as text",
    () => random.uniform([1], { seed: wrong("7") }),
    "option",
    '[random] seed must be an integer, got "7". Use a whole number below 2^53.',
  ],
  ["half a key", () => random.split(random.key(1), 1.5), "option", "[random.split] count must be a whole number of at least 0, got 1.5."],
  [
    "half a permutation",
    () => random.permutation(1.5),
    "option",
    "[random.permutation] takes a count or a tensor with an axis, got 1.5. Use a whole number.",
  ],
])("%s is refused", async (_, call, code, message) => {
  expect(await refusal(call)).toEqual([code, message]);
});

describe("arrays whose memory is gone", () => {
  test("say so", async () => {
    const array = Float32Array.of(1, 2);
    structuredClone(array.buffer, { transfer: [array.buffer] });
    expect(await refusal(() => tensor(array))).toEqual([
      "data",
      "[tensor] the array's memory was transferred away. Make the tensor before.",
    ]);
    expect(await refusal(() => tensor(array, { shape: [0] }))).toEqual([
      "data",
      "[tensor] the array's memory was transferred away. Make the tensor before.",
    ]);
  });
  test("are not those that are only empty", () => {
    expect(tensor(new Float32Array(0)).shape).toEqual([0]);
    expect(tensor(new Float32Array(8).subarray(8)).shape).toEqual([0]);
  });
});

describe("what may be left out", () => {
  const typeOf = ({ dtype, shape }: Tensor): readonly [DType, Shape] => [dtype, shape];
  test("undefined is as good as not given", () => {
    expect(typeOf(tensor([1, 2], { dtype: undefined, shape: undefined }))).toEqual(["f32", [2]]);
    expect(typeOf(zeros([2], { dtype: undefined }))).toEqual(["f32", [2]]);
    expect(typeOf(arange(3, undefined, { step: 2 }))).toEqual(["i32", [2]]);
    expect(x.sum({ axis: undefined, keepDims: undefined }).shape).toEqual([]);
    expect(x.slice([0], [1], { strides: undefined }).shape).toEqual([1, 6]);
  });
  test("axes may stand alone, for variance and std too", () => {
    expect(x.variance(0).shape).toEqual([6]);
    expect(x.std([0, 1]).shape).toEqual([]);
    expect(x.std({ axis: 1, ddof: 1, keepDims: true }).shape).toEqual([4, 1]);
  });
});

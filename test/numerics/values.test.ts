import type { DType, Tensor } from "gradsmith";
import {
  activations,
  arange,
  binaryCrossentropy,
  clipByGlobalNorm,
  clipByNorm,
  crossEntropy,
  full,
  grad,
  logCosh,
  random,
  setDevice,
  sgd,
  tensor,
  updateTree,
  zeros,
} from "gradsmith";
import { afterAll, beforeEach, describe, expect, test } from "vitest";
import { nightly } from "../nightly.ts";
import { refusal } from "../refusal.ts";
import { devices } from "./devices.ts";

const f64 = (values: number[]): Tensor => tensor(values, { dtype: "f64" });
const read = async (x: Tensor): Promise<number[]> => Array.from(await x.read());
/** Within so many units in the last place of an f32. */
const near = (given: readonly number[], wanted: readonly number[], ulps = 4): void => {
  expect(given.length).toBe(wanted.length);
  for (const [i, right] of wanted.entries()) {
    const isRight = Object.is(given[i], right) || Math.abs(given[i]! - right) <= ulps * 2 ** -24 * Math.abs(right);
    expect(isRight, `[${i}] is ${given[i]}, not ${right}`).toBe(true);
  }
};
/** Zeros of either sign, as equals. */
const plain = (values: readonly number[]): number[] => values.map((x) => x + 0);

afterAll(() => setDevice({ device: "cpu", tier: "auto" }));

/** Every value is a program of its own, and a compiler's run on the native tier, whose ops are in test/table by day. */
const today = devices.filter(({ name }) => nightly || name !== "native");

describe.each(today)("on $name", ({ name, settings }) => {
  beforeEach(() => setDevice(settings));
  const isReference = name === "reference";

  test("floorDivide is what mod leaves, as in NumPy: 1 // 0.1 is 9, -1 // inf is -1, 1 // 0 is inf", async () => {
    const [x, y] = [tensor([1, -1, 1, 7, -7, 7, 0]), tensor([isReference ? Math.fround(0.1) : 0.1, Infinity, 0, 3, 3, -3, 5])];
    expect(plain(await read(x.floorDivide(y)))).toEqual([9, -1, Infinity, 2, -3, -3, 0]);
    expect(await read(f64([1]).floorDivide(0.1))).toEqual([9]);
  });

  test("pow of the largest number by 1 is itself, as IEEE 754 has it", async () => {
    const [single, double] = [3.4028234663852886e38, Number.MAX_VALUE];
    expect(await read(tensor([single, -single]).pow(tensor([1, 1])))).toEqual([single, -single]);
    expect(await read(f64([double]).pow(f64([1])))).toEqual([double]);
  });

  test("clip is NumPy's: the high bound where they cross, NaN for a bound of NaN, NaN stays", async () => {
    expect(await read(tensor([0, 3, 7]).clip(5, 1))).toEqual([1, 1, 1]);
    expect(await read(tensor([0, 3, 7]).clip(tensor([5, 5, NaN]), tensor([1, NaN, 9])))).toEqual([1, NaN, NaN]);
    expect(await read(tensor([0, NaN, 7]).clip(1, 5))).toEqual([1, NaN, 5]);
    expect(await read(tensor([1, 2]).clip(Number.NaN, 5))).toEqual([NaN, NaN]);
    expect(await read(tensor([1, 2]).clip(0, Number.NaN))).toEqual([NaN, NaN]);
  });

  test("activations at the infinities are their limits", async () => {
    const x = tensor([-Infinity, Infinity]);
    for (const call of [
      activations.silu().call,
      activations.mish().call,
      activations.gelu().call,
      activations.gelu({ approximate: true }).call,
    ])
      expect(plain(await read(call(x)))).toEqual([0, Infinity]);
    expect(await read(activations.softsign().call(x))).toEqual([-1, 1]);
    expect(plain(await read(x.elu()))).toEqual([-1, Infinity]);
    near(await read(tensor([3.4e38]).gelu()), [Math.fround(3.4e38)]);
  });

  test("a class without a share costs nothing, however unlikely, as in SciPy's rel_entr", async () => {
    const logits = tensor([[1, 0, -Infinity]]);
    const wanted = Math.log(1 + Math.exp(-1));
    near(await read(crossEntropy(tensor([[1, 0, 0]]), logits)), [wanted]);
    near(await read(crossEntropy(tensor([0]), logits)), [wanted]);
    near(await read(grad((z: Tensor) => crossEntropy(tensor([[1, 0, 0]]), z))(logits)), [1 / (1 + Math.exp(-1)) - 1, 1 / (1 + Math.E), 0]);
  });

  test("labels outside the classes give NaN, as JAX's take_along_axis does", async () => {
    const logits = tensor([[1, 0, 2]]);
    for (const label of [5, 3, -1]) {
      expect(await read(crossEntropy(tensor(Int32Array.of(label)), logits))).toEqual([NaN]);
      expect(await read(crossEntropy(tensor([label]), logits))).toEqual([NaN]);
    }
    near(await read(crossEntropy(tensor(Int32Array.of(2)), logits)), [0.4076059644443804]);
  });

  test("binaryCrossentropy of sure logits is 0 where they are right, and infinite where they are wrong", async () => {
    const loss = (t: number, z: number): Tensor => binaryCrossentropy(tensor([[t]]), tensor([[z]]), { fromLogits: true });
    for (const [t, z, wanted] of [
      [1, Infinity, 0],
      [0, -Infinity, 0],
      [0, Infinity, Infinity],
      [1, -Infinity, Infinity],
      [1, 0, Math.LN2],
      [0.25, 3, Math.log1p(Math.exp(-3)) + 0.75 * 3],
    ] as const)
      near(await read(loss(t, z)), [wanted]);
  });

  test("logCosh of a small error is its square over 2, by the series", async () => {
    const given = await Promise.all([2e-4, 0.5, -3, 40].map(async (e) => (await read(logCosh(tensor([[0]]), tensor([[e]]))))[0]!));
    near(given, [2e-8, Math.log(Math.cosh(0.5)), Math.log(Math.cosh(3)), 40 - Math.LN2]);
  });

  test("norms of large and small numbers are those of float64", async () => {
    near(await read(tensor([3e20, 4e20]).norm()), [5e20]);
    near(await read(tensor([3e-30, 4e-30]).norm()), [5e-30]);
    near(await read(tensor([[0, 0]]).norm({ axis: 1 })), [0]);
    near(await read(grad((x: Tensor) => x.norm())(tensor([3e20, 4e20]))), [0.6, 0.8]);
    expect(await read(tensor([Infinity, 1]).norm())).toEqual([Infinity]);
    for (const clip of [clipByGlobalNorm, clipByNorm]) {
      const state = { params: { w: zeros([2]) }, slots: {}, step: tensor(0, { dtype: "i32" }) };
      const { params } = updateTree(clip(1, sgd({ learningRate: 1 })), state, { w: tensor([3e20, 4e20]) });
      near(await read(params["w"]!), [-0.6, -0.8]);
    }
  });

  test("elu and selu have the slope at 0 that they have on both sides, as in JAX", async () => {
    expect(await read(grad((x: Tensor) => x.elu().sum())(tensor([0, -0])))).toEqual([1, 1]);
    const slopes = grad((x: Tensor) => activations.selu().call(x).sum())(tensor([0]));
    near(await read(slopes), [1.7580993408473766]);
  });

  test("the product's gradient is that of the other factors, by hand", async () => {
    const slope = grad((x: Tensor) => x.prod());
    near(await read(slope(tensor([1e-30, 1e-30, 1]))), [1e-30, 1e-30, 0]);
    expect(await read(slope(tensor([Infinity, 2])))).toEqual([2, Infinity]);
    expect(await read(slope(tensor([0, 2, 3, 0, 5])))).toEqual([0, 0, 0, 0, 0]);
    expect(await read(slope(tensor([0, 2, 3])))).toEqual([6, 0, 0]);
    expect(await read(slope(tensor([7])))).toEqual([1]);
    const cube = tensor([...Array(24).keys()].map((i) => i + 1)).reshape([2, 3, 4]);
    const others = await read(grad((x: Tensor) => x.prod({ axes: [0, 2] }).sum())(cube));
    const product = (j: number): number => [0, 1].flatMap((i) => [0, 1, 2, 3].map((k) => i * 12 + j * 4 + k + 1)).reduce((a, b) => a * b);
    near(
      others,
      [...Array(24).keys()].map((i) => product(Math.floor(i / 4) % 3) / (i + 1)),
    );
  });

  test("second derivatives of prod with zeros, by hand, and of binaryCrossentropy at 0, which is 1/4", async () => {
    const second = (at: number[], i: number): Promise<number[]> =>
      read(
        grad((x: Tensor) =>
          grad((y: Tensor) => y.prod())(x)
            .slice([i], [1])
            .sum(),
        )(tensor(at)),
      );
    expect(await second([0, 2, 3], 1)).toEqual([3, 0, 0]);
    expect(await second([0, 0, 5], 0)).toEqual([0, 5, 0]);
    const loss = (z: Tensor): Tensor => binaryCrossentropy(tensor([[1]]), z, { fromLogits: true });
    expect(await read(grad((z: Tensor) => grad(loss)(z).sum())(tensor([[0]])))).toEqual([0.25]);
  });

  test.skipIf(isReference)("sums of bytes are NumPy's up to 2^32", async () => {
    const bytes = full([9_000_000], 255, { dtype: "u8" });
    expect(await bytes.sum().item()).toBe(2295000000);
    expect(bytes.sum().dtype).toBe("u32");
    expect(await tensor(new Uint8Array(20_000_000).fill(255)).cast("f64").sum().item()).toBe(5_100_000_000);
  });

  test("f64 to a two-byte float rounds once, as in NumPy and ml_dtypes", async () => {
    // Just above and below halfway, which an f32 can't tell from halfway.
    const x = [
      1 + 2 ** -11 + 2 ** -40,
      1 + 3 * 2 ** -11 - 2 ** -40,
      -1 - 2 ** -11 - 2 ** -40,
      65519.999999999,
      65520,
      2 ** -25 + 2 ** -60,
      NaN,
      -Infinity,
    ];
    expect(await read(f64(x).cast("f16").cast("f64"))).toEqual([
      1 + 2 ** -10,
      1 + 2 ** -10,
      -1 - 2 ** -10,
      65504,
      Infinity,
      2 ** -24,
      NaN,
      -Infinity,
    ]);
    const y = [1 + 2 ** -8 + 2 ** -40, 1 + 3 * 2 ** -8 - 2 ** -40, -1 - 2 ** -8 - 2 ** -40, 3.39e38, 1e300, 0];
    expect(await read(f64(y).cast("bf16").cast("f64"))).toEqual([
      1 + 2 ** -7,
      1 + 2 ** -7,
      -1 - 2 ** -7,
      3.3895313892515355e38,
      Infinity,
      0,
    ]);
    expect(await read(tensor(x, { dtype: "f16" }))).toEqual(await read(f64(x).cast("f16")));
    expect(await read(tensor(y, { dtype: "bf16" }))).toEqual(await read(f64(y).cast("bf16")));
    expect(await read(tensor(Int32Array.of(16777217, 33554435, -16777219)).cast("bf16"))).toEqual([16777216, 33554432, -16777216]);
  });

  test.each(["f16", "bf16"] as const)("a chain of ops on %s is what reading every step shows", async (dtype) => {
    const x = random.uniform([40], { seed: 1, dtype, low: -1, high: 1 });
    const steps: ((x: Tensor) => Tensor)[] = [
      (y) => y.mul(1.01),
      (y) => y.add(x),
      (y) => y.exp(),
      (y) =>
        y
          .reshape([4, 10])
          .sum({ axis: 1, keepDims: true })
          .mul(x.reshape([4, 10])),
      (y) => y.matmul(y.transpose()).div(7),
      (y) => y.abs().sqrt().sub(0.3),
    ];
    const together = await read(steps.reduce((y, step) => step(y), x));
    let apart = x;
    for (const step of steps) apart = tensor(await step(apart).read(), { dtype, shape: step(apart).shape });
    if (!isReference) expect(together).toEqual(await read(apart));
    expect(together.every(Number.isFinite)).toBe(true);
  });

  test("uniform numbers stay below their upper bound, whatever it rounds to", async () => {
    const cases: { low?: number; high?: number; dtype?: DType }[] = [
      { low: 16, high: 17 },
      { dtype: "bf16" },
      { dtype: "f16" },
      { low: -2, high: -1 },
      { low: -1, high: 1, dtype: "bf16" },
      { low: 16, high: 17, dtype: "f64" },
    ];
    for (const options of cases) {
      const { low = 0, high = 1 } = options;
      const x = random.uniform([isReference ? 20_000 : 2_000_000], { seed: 3, ...options }).cast("f64");
      expect(await x.max().item(), JSON.stringify(options)).toBeLessThan(high);
      expect(await x.min().item(), JSON.stringify(options)).toBeGreaterThanOrEqual(low);
    }
    const wide = random.uniform([10_000], { seed: 3, low: -3e38, high: 3e38 });
    expect(await wide.abs().max().item()).toBeLessThan(3.0000001e38);
    expect(Math.abs(await wide.div(3e38).mean().item())).toBeLessThan(0.03);
    expect(await read(random.uniform([3], { seed: 3, low: 5, high: 5 }))).toEqual([5, 5, 5]);
  });

  test("positions beyond 24 bits, and ranges beyond an i32, are exact as in NumPy", async () => {
    expect(await read(arange(16777215, 16777219, { dtype: "f64" }))).toEqual([16777215, 16777216, 16777217, 16777218]);
    expect(await read(arange(3e9, 3e9 + 2))).toEqual([3e9, 3e9 + 1]);
    expect(await read(arange(0, 4e9, { step: 1e9, dtype: "u32" }))).toEqual([0, 1e9, 2e9, 3e9]);
    expect(await read(arange(2147483645, 2147483648))).toEqual([2147483645, 2147483646, 2147483647]);
    expect([arange(2.5).dtype, arange(3).dtype, arange(3e9, 3e9 + 2).dtype]).toEqual(["f32", "i32", "f64"]);
  });

  test("u32 and i32 are compared as the whole numbers they are", async () => {
    const large = tensor(Uint32Array.of(4e9, 1));
    expect(await read(large.less(tensor(Int32Array.of(0, 2))))).toEqual([0, 1]);
    expect(await read(large.less(-1))).toEqual([0, 0]);
    expect(await read(tensor(Int32Array.of(2147483647)).equal(2147483648))).toEqual([0]);
    expect(await read(large.add(tensor(Int32Array.of(-5, -5))))).toEqual([3999999995, -4]);
  });

  test("softmax and logSumExp of nothing are nothing, and -inf, as in SciPy", async () => {
    expect(await read(tensor([]).softmax())).toEqual([]);
    expect(await read(tensor([]).logSoftmax())).toEqual([]);
    expect(await read(tensor([]).logSumExp())).toEqual([-Infinity]);
    expect(await read(zeros([2, 0]).logSumExp({ axis: 1 }))).toEqual([-Infinity, -Infinity]);
    expect(await read(zeros([2, 0]).norm({ axis: 1, keepDims: true }))).toEqual([0, 0]);
  });
});

describe("a number becomes an element of a dtype in one way", () => {
  const impossible: readonly (readonly [DType, number])[] = [
    ["u8", 300],
    ["u8", -1],
    ["u8", NaN],
    ["i32", 3e9],
    ["i32", -Infinity],
    ["u32", -0.5 - 1],
  ];
  test.each(impossible)("%s refuses %d, as NumPy does", async (dtype, value) => {
    const [lowest, highest] = { u8: [0, 255], i32: [-2147483648, 2147483647], u32: [0, 4294967295] }[dtype as "u8" | "i32" | "u32"];
    const what = `${value} is no ${dtype}: those are the whole numbers from ${lowest} to ${highest}.`;
    for (const [where, make] of [
      ["full", () => full([1], value, { dtype })],
      ["tensor", () => tensor([0, value], { dtype })],
      ["tensor", () => tensor(Float64Array.of(value), { dtype })],
      ["fill", () => zeros([2], { dtype }).fill(value)],
      ["pad", () => zeros([2], { dtype }).pad([[1, 1]], value)],
    ] as const)
      expect(await refusal(make)).toEqual(["data", `[${where}] ${what} Use clip() before cast(), or another dtype.`]);
  });

  test.each(devices)("and reads the same from it and from what is computed of it, on $name", async ({ settings }) => {
    setDevice(settings);
    for (const [dtype, value, wanted] of [
      ["bool", 2, 1],
      ["bool", 0.5, 1],
      ["bool", NaN, 1],
      ["u8", 254.9, 254],
      ["i32", -2.9, -2],
      ["f16", 1e5, Infinity],
      ["bf16", 0.1, 0.10009765625],
      ["f32", 0.1, Math.fround(0.1)],
      ["f64", 0.1, 0.1],
    ] as const)
      for (const x of [
        full([1], value, { dtype }),
        tensor([value], { dtype }),
        zeros([1], { dtype }).fill(value),
        zeros([0], { dtype }).pad([[1, 0]], value),
      ])
        expect([await x.item(), await x.cast("f64").item()], `${dtype} of ${value}`).toEqual([wanted, wanted]);
  });
});

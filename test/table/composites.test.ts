import { describe, expect, test } from "vitest";
import { backward } from "../../src/autodiff/backward.ts";
import { arange, eye, linspace, tensor } from "../../src/tensor/create.ts";
import { where } from "../../src/tensor/join.ts";
import type { Tensor } from "../../src/tensor/tensor.ts";
import { elementsOf, slots } from "./reference.ts";

const f64 = (values: number[]): Tensor => tensor(values, { dtype: "f64" });
/** The gradient of sum(f(x)) at some numbers. */
function slope(f: (x: Tensor) => Tensor, at: number[]): number[] {
  const [x] = slots([[at.length]]) as [Tensor];
  const y = f(x).sum();
  return elementsOf(backward(y, y.fill(1), [x.node])[0] ?? x.fill(0), [at]);
}

describe("values by the reference", () => {
  test("softmax rows add up to 1 and don't overflow", () => {
    const rows = elementsOf(
      tensor([
        [1000, 1000, 999],
        [-1000, 0, 1000],
      ]).softmax(),
    );
    expect(rows[0]! + rows[1]! + rows[2]!).toBeCloseTo(1, 12);
    expect(rows.slice(3)).toEqual([0, 0, 1]);
  });
  test("logSoftmax stays finite where softmax is 0", () => {
    expect(elementsOf(f64([0, 1000]).logSoftmax())).toEqual([-1000, 0]);
  });
  test("logSumExp of -inf is -inf, of +inf is +inf, of NaN is NaN", () => {
    expect(
      elementsOf(
        tensor([
          [-Infinity, -Infinity],
          [1, Infinity],
          [NaN, 0],
        ]).logSumExp({ axis: 1 }),
      ),
    ).toEqual([-Infinity, Infinity, NaN]);
    expect(elementsOf(f64([1000, 1000]).logSumExp())[0]).toBeCloseTo(1000 + Math.LN2, 10);
    expect(slope((x) => x.logSumExp(), [-Infinity, -Infinity])).toEqual([0, 0]);
  });
  test("softplus, sigmoid and tanh are stable far out", () => {
    const x = f64([-1000, 0, 1000]);
    expect(elementsOf(x.softplus())).toEqual([0, Math.LN2, 1000]);
    expect(elementsOf(x.sigmoid())).toEqual([0, 0.5, 1]);
    expect(elementsOf(x.tanh())).toEqual([-1, 0, 1]);
  });
  test("argmax takes the first of equals, argmin too, and NaN comes before all", () => {
    const x = tensor([
      [1, 3, 3],
      [2, 2, 0],
      [1, NaN, 5],
    ]);
    expect(elementsOf(x.argmax({ axis: 1 }))).toEqual([1, 0, 1]);
    expect(elementsOf(x.argmin({ axis: 1, keepDims: true }))).toEqual([0, 2, 1]);
    expect(
      elementsOf(
        tensor([
          [1, 5],
          [5, 0],
        ]).argmax(),
      ),
    ).toEqual([1]);
    expect(x.argmax({ axis: 1 }).dtype).toBe("i32");
  });
  test("oneHot of an integer outside is all zeros", () => {
    expect(elementsOf(tensor([2, 0, 5], { dtype: "u8" }).oneHot(3))).toEqual([0, 0, 1, 1, 0, 0, 0, 0, 0]);
  });
  test("variance of a sample divides by one less", () => {
    expect(elementsOf(f64([1, 2, 3, 4]).variance())).toEqual([1.25]);
    expect(elementsOf(f64([1, 2, 3, 4]).variance({ ddof: 1 }))[0]).toBeCloseTo(5 / 3, 14);
  });
  test("mod and floorDivide follow the divisor's sign, as in NumPy", () => {
    const [x, y] = [
      [7, -7, 7, -7],
      [3, 3, -3, -3],
    ] as const;
    for (const dtype of ["i32", "f64"] as const) {
      expect(elementsOf(tensor(x, { dtype }).mod(tensor(y, { dtype })))).toEqual([1, 2, -2, -1]);
      expect(elementsOf(tensor(x, { dtype }).floorDivide(tensor(y, { dtype })))).toEqual([2, -3, -3, 2]);
    }
  });
  test("round goes to even, sign keeps -0, rounding keeps integers", () => {
    expect(elementsOf(f64([0.5, 1.5, -0.5, 2.5]).round())).toEqual([0, 2, -0, 2]);
    expect(elementsOf(f64([-0, 0, -3, NaN]).sign())).toEqual([-0, 0, -1, NaN]);
    expect(tensor([1], { dtype: "i32" }).floor().dtype).toBe("i32");
  });
  test("NaN passes through relu, maximum, minimum, clip, max and sum", () => {
    const x = f64([NaN, 1]);
    for (const y of [x.relu(), x.maximum(0), x.minimum(2), x.clip(0, 2)]) expect(elementsOf(y)).toEqual([NaN, 1]);
    expect(elementsOf(x.max())).toEqual([NaN]);
    expect(elementsOf(x.sum())).toEqual([NaN]);
    expect(elementsOf(x.isNaN())).toEqual([1, 0]);
    expect(elementsOf(f64([Infinity, NaN, 0]).isFinite())).toEqual([0, 0, 1]);
  });
  test("erfinv undoes erf, and is infinite at the ends", () => {
    const x = [-3.5, -2, -0.3, 0, 1e-8, 1, 2.7];
    for (const [i, value] of elementsOf(f64(x).erf().erfinv()).entries()) {
      // What erf rounds away near 1 can't come back: the slope of erfinv there is exp(x²).
      expect(Math.abs(value - x[i]!)).toBeLessThan(2 ** -51 * Math.exp(x[i]! ** 2) + 1e-14);
    }
    expect(elementsOf(f64([-1, 1]).erfinv())).toEqual([-Infinity, Infinity]);
  });
  test("fold adds the windows back: of ones it counts how often each place was taken", () => {
    const taken = f64([0, 0, 0, 0, 0]).add(1).windows({ axes: 0, sizes: 3 });
    expect(elementsOf(taken.fold({ axes: 0, lengths: 5 }))).toEqual([1, 2, 3, 2, 1]);
  });
  test("windows over axes named in any order give the same", () => {
    const x = f64([...Array(12).keys()]).reshape([3, 4]);
    const a = x.windows({ axes: [1, 0], sizes: [3, 2], strides: [1, 1] });
    const b = x.windows({ axes: [0, 1], sizes: [2, 3] });
    expect(a.shape).toEqual([2, 2, 2, 3]);
    expect(elementsOf(a)).toEqual(elementsOf(b));
    expect(elementsOf(b).slice(0, 6)).toEqual([0, 1, 2, 1, 2, 3]);
  });
  test("arange, linspace and eye are NumPy's", () => {
    expect(elementsOf(arange(3))).toEqual([0, 1, 2]);
    expect(elementsOf(arange(5, 0, { step: -2 }))).toEqual([5, 3, 1]);
    expect(elementsOf(arange(0, 1, { step: 0.25, dtype: "f64" }))).toEqual([0, 0.25, 0.5, 0.75]);
    expect(elementsOf(linspace(0, 1, { count: 5, dtype: "f64" }))).toEqual([0, 0.25, 0.5, 0.75, 1]);
    expect(elementsOf(linspace(3, 4, { count: 1 }))).toEqual([3]);
    expect(elementsOf(eye(2, { columns: 3 }))).toEqual([1, 0, 0, 0, 1, 0]);
    expect(arange(3).dtype).toBe("i32");
  });
  test("repeat and tile are NumPy's", () => {
    const x = tensor([
      [1, 2],
      [3, 4],
    ]);
    expect(elementsOf(x.repeat(2, { axis: 0 }))).toEqual([1, 2, 1, 2, 3, 4, 3, 4]);
    expect(elementsOf(x.repeat(2))).toEqual([1, 1, 2, 2, 3, 3, 4, 4]);
    expect(elementsOf(x.tile([1, 2]))).toEqual([1, 2, 1, 2, 3, 4, 3, 4]);
  });
  test("where takes numbers on either side", () => {
    expect(elementsOf(where(tensor([true, false]), 1, tensor([5, 6])))).toEqual([1, 6]);
  });
  test("f16 and bf16 round where they are cast to, even when nothing is stored", () => {
    const x = tensor([1 / 3, 65519, 65520, 2 ** -25 * 1.5, 2049, NaN, -0], { dtype: "f64" });
    expect(elementsOf(x.cast("f16").cast("f32"))).toEqual([0.333251953125, 65504, Infinity, 2 ** -24, 2048, NaN, -0]);
    expect(elementsOf(x.cast("bf16").slice([0], [1]))).toEqual([0.333984375]);
    expect(elementsOf(tensor([1 / 3, 2049, 70000], { dtype: "f16" }))).toEqual([0.333251953125, 2048, Infinity]);
    expect(elementsOf(tensor([1 / 3], { dtype: "bf16" }))).toEqual([0.333984375]);
  });
  test("casts to integers truncate and saturate", () => {
    const x = f64([-1.7, 1.7, 300, 3e9, NaN]);
    expect(elementsOf(x.cast("i32"))).toEqual([-1, 1, 300, 2147483647, 0]);
    expect(elementsOf(x.cast("u8"))).toEqual([0, 1, 255, 255, 0]);
    expect(elementsOf(x.cast("bool"))).toEqual([1, 1, 1, 1, 1]);
    expect(elementsOf(tensor([300, -1], { dtype: "i32" }).cast("u8"))).toEqual([44, 255]);
    expect(elementsOf(tensor([200], { dtype: "u8" }).add(100))).toEqual([44]);
  });
});

describe("gradients where formulas break down", () => {
  test("relu, abs and sign are flat at 0", () => {
    expect(slope((x) => x.relu(), [0, -0, 1])).toEqual([0, 0, 1]);
    expect(slope((x) => x.abs(), [0, -2, 2])).toEqual([0, -1, 1]);
    expect(slope((x) => x.sign(), [0, 1])).toEqual([0, 0]);
  });
  test("softplus has slope 1/2 at 0", () => {
    expect(slope((x) => x.softplus(), [0])).toEqual([0.5]);
  });
  test("maximum and max share the gradient among ties", () => {
    expect(slope((x) => x.maximum(0), [0, 1, -1])).toEqual([0.5, 1, 0]);
    expect(slope((x) => x.max(), [2, 2, 1])).toEqual([0.5, 0.5, 0]);
  });
  test("clip has slope 1 at its bounds", () => {
    expect(slope((x) => x.clip(-1, 1), [-1, 1, 0, 2, -2])).toEqual([1, 1, 1, 0, 0]);
  });
  test("prod is right beside zeros", () => {
    expect(slope((x) => x.prod(), [2, 0, 3])).toEqual([0, 6, 0]);
    expect(slope((x) => x.prod(), [0, 0, 3])).toEqual([0, 0, 0]);
    expect(slope((x) => x.prod(), [2, 5, 3])).toEqual([15, 6, 10]);
  });
  test("pow at 0", () => {
    expect(slope((x) => x.pow(3), [0, -2])).toEqual([0, 12]);
    expect(slope((x) => x.pow(1.5), [0])).toEqual([0]);
    expect(slope((x) => x.mul(0).add(2).pow(x), [0])[0]).toBeCloseTo(Math.LN2, 14);
    expect(slope((x) => f64([0]).pow(x), [2])).toEqual([0]);
    expect(slope((x) => x.pow(f64([0])), [0])).toEqual([0]);
  });
  test("norm and std are flat at zero", () => {
    expect(slope((x) => x.norm(), [0, 0])).toEqual([0, 0]);
    expect(slope((x) => x.std(), [3, 3])).toEqual([0, 0]);
    expect(slope((x) => x.norm(), [3, 4])[0]).toBeCloseTo(0.6, 14);
  });
  test("where keeps what was not chosen out, NaN or not", () => {
    expect(slope((x) => x.greater(0).where(x.sqrt(), 0), [4])).toEqual([0.25]);
    expect(slope((x) => where(x.greater(0), x.maximum(1e-9).log(), 0), [-1, 2])).toEqual([0, 0.5]);
  });
  test("relu passes an infinite gradient only where it is on", () => {
    expect(slope((x) => x.relu().mul(Infinity), [-1, 1])).toEqual([0, Infinity]);
  });
});

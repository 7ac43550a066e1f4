import { describe, expect, test } from "vitest";
import type { DType } from "../../src/core/dtype.ts";
import { dtypes, isFloat, promote } from "../../src/core/dtype.ts";
import { input, tensor } from "../../src/tensor/create.ts";
import type { Tensor } from "../../src/tensor/tensor.ts";
import { elementsOf } from "./reference.ts";

const of = (dtype: DType): Tensor => input(0, { dtype, shape: [2] });
const pairs = dtypes.flatMap((a) => dtypes.map((b) => [a, b] as const));

describe("dtypes of results", () => {
  test.each(pairs)("%s with %s: arithmetic promotes, division gives floats, comparisons bools", (a, b) => {
    const common = promote(a, b);
    const counted = common === "bool" ? "i32" : common;
    const [x, y] = [of(a), of(b)];
    expect(x.add(y).dtype).toBe(counted);
    expect(x.maximum(y).dtype).toBe(counted);
    expect(x.div(y).dtype).toBe(isFloat(common) ? common : "f32");
    expect(x.less(y).dtype).toBe("bool");
    expect(x.and(y).dtype).toBe("bool");
    expect(x.greater(0).where(x, y).dtype).toBe(common);
    expect(x.concat(y).dtype).toBe(common);
    expect(x.dot(y).dtype).toBe(counted);
  });

  test.each(dtypes)("of %s: functions of floats, reductions, positions", (dtype) => {
    const x = of(dtype);
    const floating = isFloat(dtype) ? dtype : "f32";
    expect(x.exp().dtype).toBe(floating);
    expect(x.sigmoid().dtype).toBe(floating);
    expect(x.mean().dtype).toBe(floating);
    expect(x.variance().dtype).toBe(floating);
    expect(x.softmax().dtype).toBe(floating);
    expect(x.sum().dtype).toBe(dtype === "bool" ? "i32" : dtype === "u8" ? "u32" : dtype);
    expect(x.max().dtype).toBe(dtype === "bool" ? "i32" : dtype);
    expect(x.argmax().dtype).toBe("i32");
    expect(x.any().dtype).toBe("bool");
    expect(x.neg().dtype).toBe(dtype === "bool" ? "i32" : dtype);
    expect(x.not().dtype).toBe("bool");
    expect(x.isNaN().dtype).toBe("bool");
    expect(x.fill(1).dtype).toBe(dtype);
  });

  const weak: readonly (readonly [DType, number, DType])[] = [
    ["f32", 2, "f32"],
    ["f16", 0.5, "f16"],
    ["bf16", 1e10, "bf16"],
    ["f64", 0.1, "f64"],
    ["i32", 2, "i32"],
    ["i32", 0.5, "f32"],
    ["i32", Infinity, "f32"],
    ["i32", 3e9, "f64"],
    ["i32", 2 ** 60, "f32"],
    ["u32", 3e9, "u32"],
    ["u32", -1, "f64"],
    ["u8", 3e9, "u32"],
    ["u8", 255, "u8"],
    ["u8", 256, "i32"],
    ["u8", 0.5, "f32"],
    ["bool", 1, "i32"],
    ["bool", 0.5, "f32"],
  ];
  test.each(weak)("%s plus the number %d is %s: numbers are weak", (dtype, value, result) => {
    expect(of(dtype).add(value).dtype).toBe(result);
  });

  test("bools are counted: sums, products and means of them are numbers", () => {
    const x = tensor([true, true, false]);
    expect(elementsOf(x.sum())).toEqual([2]);
    expect(elementsOf(x.add(x))).toEqual([2, 2, 0]);
    expect(elementsOf(x.mean())[0]).toBeCloseTo(2 / 3, 6);
  });

  test("integers of u32 don't turn negative", () => {
    const x = tensor(Uint32Array.of(4294967295, 2), {});
    expect(elementsOf(x.sign())).toEqual([1, 1]);
    expect(elementsOf(x.relu())).toEqual([4294967295, 2]);
    expect(elementsOf(x.abs())).toEqual([4294967295, 2]);
    expect(elementsOf(x.floorDivide(2))).toEqual([2147483647, 1]);
    expect(elementsOf(x.shiftRight(31))).toEqual([1, 0]);
    expect(elementsOf(x.less(3))).toEqual([0, 1]);
  });
});

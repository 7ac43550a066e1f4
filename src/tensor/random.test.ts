import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { evaluateGraph } from "../backends/reference/evaluate.ts";
import { makeNode } from "../ir/graph.ts";
import { full, tensor } from "./create.ts";
import { fillNode } from "./ops/source.ts";
import { threefry } from "./ops/threefry.ts";
import { random } from "./random.ts";
import { Tensor } from "./tensor.ts";

interface Fixture {
  readonly keys: Readonly<Record<string, number[]>>;
  readonly split: number[][];
  readonly foldIn: number[][];
  readonly [numbers: string]: unknown;
}
const jax = JSON.parse(readFileSync(new URL("../../test/fixtures/jax/random.json", import.meta.url), "utf8")) as Fixture;
const numbers = (name: string): number[] => jax[name] as number[];
const elementsOf = (t: Tensor): number[] => [...evaluateGraph([t.node], () => [])[0]!];
const key = random.key(42);

/** Held to a float's precision: the reference computes in double what JAX rounds at each step. */
function closeTo(got: number[], want: number[], relative: number): void {
  expect(got).toHaveLength(want.length);
  for (const [i, value] of got.entries()) {
    expect(Math.abs(value - want[i]!), `${i}: ${value} and ${want[i]}`).toBeLessThanOrEqual(relative * Math.max(1, Math.abs(want[i]!)));
  }
}

describe("threefry", () => {
  test.each([
    [
      [0, 0],
      [0, 0],
      [0x6b200159, 0x99ba4efe],
    ],
    [
      [0xffffffff, 0xffffffff],
      [0xffffffff, 0xffffffff],
      [0x1cb996fc, 0xbb002be7],
    ],
    [
      [0x13198a2e, 0x03707344],
      [0x243f6a88, 0x85a308d3],
      [0xc4923a9c, 0x483df7a0],
    ],
  ])("gives the published vector for key %j, counter %j", (keys, counter, want) => {
    const inputs = [...keys, ...counter].map((word) => fillNode(word, "u32"));
    const words = ["first", "second", "xor"].map((word) => elementsOf(new Tensor(makeNode(threefry, inputs, { word })))[0]);
    expect(words).toEqual([...want, (want[0]! ^ want[1]!) >>> 0]);
  });
});

describe("random numbers are JAX's", () => {
  test.each(Object.entries(jax.keys))("the key of seed %s", (seed, words) => {
    expect(elementsOf(random.key(Number(seed)))).toEqual(words);
  });
  test("the key of a seed that is a tensor", () => {
    expect(elementsOf(random.key(tensor(42, { dtype: "i32" })))).toEqual(jax.keys["42"]);
  });
  test("split and foldIn", () => {
    expect(random.split(key, 3).map(elementsOf)).toEqual(jax.split);
    expect([0, 1, 7, 123456].map((n) => elementsOf(random.foldIn(key, n)))).toEqual(jax.foldIn);
    expect(elementsOf(random.foldIn(key, tensor(7, { dtype: "i32" })))).toEqual(jax.foldIn[2]);
  });
  test("bits", () => {
    const bits = random.bits(key, [3, 5]);
    expect(bits.type).toEqual({ dtype: "u32", shape: [3, 5] });
    expect(elementsOf(bits)).toEqual(numbers("bits"));
  });
  test("uniform, bit for bit", () => {
    expect(elementsOf(random.uniform([3, 5], { key }))).toEqual(numbers("uniform"));
    expect(elementsOf(random.uniform([3, 5], { seed: 42 }))).toEqual(numbers("uniform"));
    expect(elementsOf(random.uniform([5], { key, dtype: "f64" }))).toEqual(numbers("uniformDouble"));
  });
  test("uniform over a range", () => {
    closeTo(elementsOf(random.uniform([7], { key, low: -3, high: 0.7 })), numbers("uniformRange"), 3e-7);
    closeTo(elementsOf(random.uniform([5], { key, low: -1.5, high: 2.5, dtype: "f64" })), numbers("uniformDoubleRange"), 1e-15);
  });
  test("normal", () => {
    closeTo(elementsOf(random.normal([200], { key })), numbers("normal"), 3e-6);
    closeTo(elementsOf(random.normal([20], { key, dtype: "f64" })), numbers("normalDouble"), 1e-13);
  });
  test("truncated normal", () => {
    closeTo(elementsOf(random.truncatedNormal([50], { key })), numbers("truncatedNormal"), 3e-6);
    closeTo(elementsOf(random.truncatedNormal([20], { key, low: 0.5, high: 4 })), numbers("truncatedNormalAsymmetric"), 2e-5);
  });
  test("bernoulli", () => {
    expect(elementsOf(random.bernoulli([40], { key, probability: 0.3 }))).toEqual(numbers("bernoulli"));
  });
  test("categorical", () => {
    expect(elementsOf(random.categorical(tensor(numbers("logits"), { shape: [24, 4] }), { key }))).toEqual(numbers("categorical"));
  });
});

describe("random numbers by definition", () => {
  test("mean and std scale, other dtypes are rounded", () => {
    const scaled = elementsOf(random.normal([10], { key, mean: 5, std: 2 }));
    closeTo(
      scaled,
      elementsOf(random.normal([10], { key })).map((x) => 5 + 2 * x),
      1e-12,
    );
    expect(random.normal([2], { key, dtype: "bf16" }).dtype).toBe("bf16");
  });
  test("truncated normals stay inside", () => {
    for (const x of elementsOf(random.truncatedNormal([2000], { seed: 3, low: -1, high: 0.5 }))) expect(x > -1 && x < 0.5).toBe(true);
  });
  test("uniform numbers fill [0, 1) evenly: mean and variance within five standard errors", () => {
    const x = elementsOf(random.uniform([10000], { seed: 9 }));
    const mean = x.reduce((a, b) => a + b) / x.length;
    const variance = x.reduce((a, b) => a + (b - mean) ** 2, 0) / x.length;
    expect(Math.min(...x)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...x)).toBeLessThan(1);
    expect(Math.abs(mean - 0.5)).toBeLessThan(5 * Math.sqrt(1 / 12 / 10000));
    expect(Math.abs(variance - 1 / 12)).toBeLessThan(5 * Math.sqrt(1 / 180 / 10000));
  });
  test("a permutation has each number once, another for each seed, and permutes rows", () => {
    const order = elementsOf(random.permutation(50, { seed: 1 }));
    expect([...order].sort((a, b) => a - b)).toEqual(Array.from({ length: 50 }, (_, i) => i));
    expect(order).not.toEqual(elementsOf(random.permutation(50, { seed: 2 })));
    const rows = full([50, 2], 0).positions({ axis: 0 });
    expect(elementsOf(random.permutation(rows, { seed: 1 }))).toEqual(order.flatMap((i) => [i, i]));
  });
  test("categorical draws as often as the probabilities say", () => {
    const logits = tensor([0.1, 0.2, 0.7]).log().broadcastTo([5000, 3]);
    const drawn = elementsOf(random.categorical(logits, { seed: 4 }));
    for (const [c, p] of [0.1, 0.2, 0.7].entries()) {
      expect(Math.abs(drawn.filter((x) => x === c).length / 5000 - p)).toBeLessThan(5 * Math.sqrt((p * (1 - p)) / 5000));
    }
  });
  test("without a seed each call has a key of its own", () => {
    expect(elementsOf(random.uniform([4]))).not.toEqual(elementsOf(random.uniform([4])));
  });
  test.each([
    ["seed and key", () => random.uniform([1], { seed: 1, key }), "[random] seed and key were both given. Use one."],
    ["a fractional seed", () => random.key(0.5), "[random] seed must be an integer, got 0.5. Use a whole number below 2^53."],
    [
      "a wrong key",
      () => random.uniform([1], { key: tensor([1, 2]) }),
      "[random] a key is u32 [2], got f32 [2]. Make one with random.key(seed).",
    ],
    [
      "integers",
      () => random.uniform([1], { key, dtype: "i32" }),
      "[random.uniform] uniform numbers are floats, got i32. Use floor() and cast() for integers.",
    ],
    [
      "a probability above 1",
      () => random.bernoulli([1], { key, probability: 2 }),
      "[random.bernoulli] probability must be between 0 and 1, got 2.",
    ],
  ])("%s is refused", (_name, f, message) => {
    expect(f).toThrow(message);
  });
});

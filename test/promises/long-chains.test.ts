import { describe, expect, it } from "vitest";
import type { Tensor } from "../../src/index.ts";
import { compile, concat, grad, stack, tensor } from "../../src/index.ts";
import { inNightly } from "../nightly.ts";
import { refusal } from "../refusal.ts";

/** `f` of `f` of ... of x, so many times. */
const repeated = (count: number, f: (x: Tensor, i: number) => Tensor, x: Tensor): Tensor => {
  let y = x;
  for (let i = 0; i < count; i++) y = f(y, i);
  return y;
};

describe("long chains give what JavaScript's loops give", () => {
  it("the gradient of 700 sines, by the chain rule", async () => {
    const count = inNightly(700, 5000);
    const wanted = (x: number): number => {
      let [y, slope] = [x, 1];
      for (let i = 0; i < count; i++) [y, slope] = [Math.sin(y), slope * Math.cos(y)];
      return slope;
    };
    const x = tensor([1, 2], { dtype: "f64" });
    const found = await grad((x: Tensor) => repeated(count, (y) => y.sin(), x).sum())(x).read();
    for (const [i, at] of [1, 2].entries()) expect(found[i]! / wanted(at)).toBeCloseTo(1, 9);
  });

  it("100,000 additions", async () => {
    expect(await repeated(100_000, (y) => y.add(1), tensor([1])).read()).toEqual(Float32Array.of(100_001));
  });

  it("2,000 additions and products of an argument", async () => {
    const count = inNightly(2000, 20_000);
    let wanted = 0.25;
    for (let i = 0; i < count; i++) wanted = Math.fround(Math.fround(wanted * 0.25) + 1);
    const run = compile((x: Tensor) => repeated(count, (y) => y.mul(x).add(1), x));
    expect(await run(tensor([0.25])).item()).toBeCloseTo(wanted, 5);
  });

  it("concatenations and stacks of 5,000, and one that grows step by step", async () => {
    const parts = Array.from({ length: 5000 }, (_, i) => tensor([i]));
    const counted = Float32Array.from({ length: 5000 }, (_, i) => i);
    expect(await concat(parts).read()).toEqual(counted);
    expect(await stack(parts).read()).toEqual(counted);
    const count = inNightly(200, 600);
    const grown = compile((x: Tensor) => repeated(count, (y, i) => y.concat(x.add(i)), x));
    expect(await grown(tensor([0])).read()).toEqual(Float32Array.from({ length: count + 1 }, (_, i) => Math.max(0, i - 1)));
  });
});

describe("what is nested without end is refused, by the definition of a tensor and of a tree", () => {
  const nested = (depth: number, inner: unknown): unknown => Array.from({ length: depth }).reduce((item) => [item], inner);
  const cycle: unknown[] = [];
  cycle.push(cycle);

  it.each([
    ["an array that contains itself", cycle],
    ["10,000 arrays in one another", nested(10_000, 1)],
    ["65 of them, one more than NumPy's axes", nested(65, 1)],
  ])("%s is no tensor", async (_what, value) => {
    expect(await refusal(() => tensor(value as number[]))).toEqual([
      "data",
      "[tensor] the arrays are nested more than 64 deep, or contain themselves. Give a tensor's axes as so many levels of arrays.",
    ]);
  });

  it("64 axes are a tensor", () => {
    expect(tensor(nested(64, 1) as number[]).rank).toBe(64);
  });

  it("trees of 20,000 levels, and those that contain themselves, are refused by what takes trees", async () => {
    const identity = (x: unknown): unknown => x;
    const message = "[tree] objects are nested more than 1000 deep. Pass trees that are less deep.";
    expect(await refusal(() => compile(identity)(nested(20_000, tensor([1]))))).toEqual(["usage", message]);
    expect(await refusal(() => grad(identity as never)(nested(20_000, tensor([1])) as never))).toEqual(["usage", message]);
    expect((await refusal(() => compile(identity)(cycle)))[1]).toContain("an object contains itself");
  });
});

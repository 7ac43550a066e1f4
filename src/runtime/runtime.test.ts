import { beforeAll, describe, expect, it } from "vitest";
import { valueAndGrad } from "../autodiff/grad.ts";
import { ones, tensor, zeros } from "../tensor/create.ts";
import { random } from "../tensor/random.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { compile } from "./compile.ts";
import "./install.ts";
import { loop } from "./loop.ts";
import { setDevice } from "./settings.ts";

describe.each(["wasm", "native", "reference"] as const)("on %s", (name) => {
  beforeAll(() => setDevice(name === "reference" ? { device: "reference" } : { device: "cpu", tier: name }));

  it("reads what JavaScript computes", async () => {
    const x = tensor([
      [1, 2],
      [3, 4],
    ]);
    expect(await x.matmul(x).add(1).array()).toEqual([
      [8, 11],
      [16, 23],
    ]);
    expect(await x.cast("i32").mul(3).read()).toEqual(Int32Array.from([3, 6, 9, 12]));
    expect(await tensor([1.5, -2], { dtype: "bf16" }).mul(2).read()).toEqual(Float32Array.from([3, -4]));
    expect(await x.greater(2).read()).toEqual(Uint8Array.from([0, 0, 1, 1]));
  });

  it("draws the same numbers as the other devices", async () => {
    const drawn = await random.uniform([5], { seed: 1 }).read();
    expect(Array.from(drawn, (v) => v.toFixed(6))).toMatchInlineSnapshot(`
      [
        "0.438632",
        "0.533753",
        "0.445918",
        "0.438396",
        "0.897363",
      ]
    `);
    const order = await random.permutation(10, { seed: 2 }).read();
    expect([...order].sort((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect(Array.from(order)).toMatchInlineSnapshot(`
      [
        5,
        2,
        0,
        1,
        9,
        7,
        3,
        8,
        4,
        6,
      ]
    `);
  });

  it("trains in a compiled loop with donated state", async () => {
    const target = tensor([1, -2, 3]);
    const step = compile(
      (w: Tensor) => {
        const { value, grads } = valueAndGrad((v: Tensor) => v.sub(target).square().sum())(w);
        return { value, w: w.sub(grads.mul(0.1)) };
      },
      { donate: [0] },
    );
    let w = zeros([3]);
    for (let i = 0; i < 100; i++) w = step(w).w;
    const end = await w.read();
    [1, -2, 3].forEach((want, i) => expect(end[i]).toBeCloseTo(want, 4));
    const kept = w;
    step(w);
    await expect(kept.read()).rejects.toThrow(
      "[tensor] this tensor's memory was donated to a compiled function and now holds its result. Use the result instead, or leave the argument out of `donate`.",
    );
  });

  it("says that a function that is being traced has no numbers to read", async () => {
    for (const of of [(x: Tensor) => x, (x: Tensor) => x.add(1).sum()]) {
      let said: Promise<string> = Promise.resolve("");
      const increment = compile((x: Tensor) => {
        said = of(x)
          .read()
          .then(String, (error: Error) => error.message);
        return x.add(1);
      });
      expect([...(await increment(tensor([1])).read())]).toEqual([2]);
      expect(await said).toBe("[read] a function that is traced has no numbers yet. Read tensors outside of it.");
    }
  });
  it("swaps, copies and shares donated state correctly", async () => {
    const shared = ones([4]);
    const result = loop(
      (s: { a: Tensor; b: Tensor; c: Tensor }) => ({ a: s.b, b: s.a, c: s.c.add(s.a) }),
      { a: shared.mul(2), b: shared, c: shared },
      {},
    );
    await result.ready;
    result.run(3);
    expect(await result.state.a.read()).toEqual(Float32Array.from([1, 1, 1, 1]));
    expect(await result.state.b.read()).toEqual(Float32Array.from([2, 2, 2, 2]));
    expect(await result.state.c.read()).toEqual(Float32Array.from([6, 6, 6, 6]));
    expect(await shared.read()).toEqual(Float32Array.from([1, 1, 1, 1]));
  });

  it("computes a function of an input where it's used, and lets two loops share state", async () => {
    const images = tensor(
      Uint8Array.from({ length: 12 }, (_, i) => i * 20),
      { shape: [6, 2] },
    );
    const start = { step: tensor(0, { dtype: "i32" }), sum: zeros([2]) };
    const one = loop(
      (s: typeof start, x: Tensor) => ({
        step: s.step.add(1),
        sum: s.sum.add(x.gather(s.step.reshape([1]), { axis: 0 }).sum({ axis: 0 })),
      }),
      start,
      images.cast("f32").div(20),
    );
    one.run(3);
    const two = loop((s: typeof start) => ({ ...s, sum: s.sum.mul(2) }), one.state, {});
    two.run(1);
    expect(await one.state.sum.read()).toEqual(Float32Array.from([12, 18]));
    expect(await one.state.step.item()).toBe(3);
  });
});

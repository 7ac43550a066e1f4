import { describe, expect, it } from "vitest";
import { encodeSafetensors } from "../io/safetensors.ts";
import { dense } from "../nn/layers/dense.ts";
import { adam } from "../optim/adam.ts";
import "../runtime/install.ts";
import { random } from "../tensor/random.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { loadModel } from "./load-model.ts";
import type { Sequential } from "./sequential.ts";
import { sequential } from "./sequential.ts";
import type { WeightStorage } from "./weight-storage.ts";

const x = random.normal([256, 8], { seed: 1 });
const y = x.sum({ axis: 1, keepDims: true }).sin();

async function trained(): Promise<Sequential> {
  const model = sequential([dense(32, { activation: "tanh" }), dense(1)], { inputShape: [8] });
  model.compile({ optimizer: adam({ learningRate: 0.01 }), loss: "mse" });
  await model.fit(x, y, { epochs: 30, seed: 3, verbose: 0 });
  return model;
}

const kernelOf = (model: { readonly weights: Readonly<Record<string, Tensor>> }): Tensor => model.weights["dense/kernel"]!;

describe("weights in less room", () => {
  it("f16 rounds each to the nearest of 11 bits and takes half", async () => {
    const model = await trained();
    const [whole, half] = [await model.toBytes(), await model.toBytes({ weights: "f16" })];
    const weights = (32 * 8 + 32 + 32 + 1) * 4;
    // Their headers differ by some digits.
    expect(Math.abs(whole.byteLength - half.byteLength - weights / 2)).toBeLessThanOrEqual(16);
    const loaded = await loadModel(half);
    expect(kernelOf(loaded).dtype).toBe("f32");
    expect(await kernelOf(loaded).read()).toEqual(await kernelOf(model).cast("f16").read());
  });

  it("int8 is off by half a scale at most, a scale for each output channel, and predicts nearly the same", async () => {
    const model = await trained();
    const loaded = await loadModel(await model.toBytes({ weights: "int8" }));
    const kernel = kernelOf(model);
    const scale = kernel.abs().max({ axis: 0 }).div(127);
    const off = await kernelOf(loaded).sub(kernel).abs().div(scale).max().item();
    expect(off).toBeGreaterThan(0.4);
    expect(off).toBeLessThan(0.5001);
    expect(await loaded.weights["dense/bias"]!.read()).toEqual(await model.weights["dense/bias"]!.read());
    const [mine, its] = [model.predict(x), loaded.predict(x)];
    const [error, variance] = [await mine.sub(its).square().mean().item(), await y.square().mean().item()];
    expect(error / variance).toBeLessThan(1e-3);
    expect(error).toBeGreaterThan(0);
  });

  it("a column of zeros stays zeros", async () => {
    const model = sequential([dense(2)], { inputShape: [3] });
    model.setWeights({
      "dense/kernel": [
        [0, 1],
        [0, -2],
        [0, 0.5],
      ],
    });
    const loaded = await loadModel(await model.toBytes({ weights: "int8" }));
    const [column, other] = (await kernelOf(loaded).transpose().array()) as number[][];
    expect(column).toEqual([0, 0, 0]);
    expect(other![1]).toBeCloseTo(-2, 6);
  });

  it("numbers that f16 doesn't have are cut to the largest", async () => {
    const model = sequential([dense(1, { useBias: false })], { inputShape: [2] });
    model.setWeights({ "dense/kernel": [[1e6], [-1e6]] });
    expect(await kernelOf(await loadModel(await model.toBytes({ weights: "f16" }))).read()).toEqual(Float32Array.of(65504, -65504));
  });

  it("refuses a storage that doesn't exist, and an option", async () => {
    const model = sequential([dense(1)], { inputShape: [2] });
    await expect(model.toBytes({ weights: "int4" as WeightStorage })).rejects.toThrow(/weights.*int8/);
    await expect(model.toBytes({ weigths: "f16" } as never)).rejects.toThrow(/weigths.*weights/);
    await expect(model.save("x", { weigths: "f16" } as never)).rejects.toThrow(/weigths.*weights/);
  });

  it("says what is damaged", async () => {
    const whole = { dtype: "u8", shape: [2, 1], data: Uint8Array.of(1, 255) } as const;
    const bias = { dtype: "f32", shape: [1], data: Float32Array.of(0) } as const;
    const load = (tensors: Parameters<typeof encodeSafetensors>[0], list: string) =>
      sequential([dense(1)], { inputShape: [2] }).loadWeights(encodeSafetensors(tensors, { "gradsmith.int8": list }));
    const named = { "dense/kernel": whole, "dense/bias": bias };
    await expect(load(named, "nonsense")).rejects.toMatchObject({ code: "file" });
    await expect(load(named, '{"a":1}')).rejects.toMatchObject({ code: "file" });
    await expect(load(named, '["dense/kernel"]')).rejects.toThrow('the weight "dense/kernel" is said to be whole numbers with 1 scales');
    const scale = { dtype: "f32", shape: [2], data: Float32Array.of(1, 1) } as const;
    await expect(load({ ...named, "dense/kernel#scale": scale }, '["dense/kernel"]')).rejects.toMatchObject({ code: "file" });
    for (const damaged of [0, -1, Number.NaN, Number.POSITIVE_INFINITY]) {
      const scale = { dtype: "f32", shape: [1], data: Float32Array.of(damaged) } as const;
      await expect(load({ ...named, "dense/kernel#scale": scale }, '["dense/kernel"]')).rejects.toThrow(
        'the weight "dense/kernel" has scales that are not above zero, or not finite',
      );
    }
  });

  it("numbers that are not finite are refused as int8, not made zero", async () => {
    for (const number of [Number.NaN, Number.POSITIVE_INFINITY]) {
      const model = sequential([dense(1)], { inputShape: [2] });
      model.setWeights({ "dense/kernel": [[1], [number]], "dense/bias": [0] });
      await expect(model.toBytes({ weights: "int8" })).rejects.toThrow('the weight "dense/kernel" has numbers that are not finite');
    }
  });

  it("a model is read from what fetch answers", async () => {
    const model = sequential([dense(1)], { inputShape: [2] });
    const answer = new Response((await model.toBytes({ weights: "int8" })) as Uint8Array<ArrayBuffer>);
    expect((await loadModel(answer)).weights["dense/kernel"]!.shape).toEqual([2, 1]);
    await expect(loadModel(answer)).rejects.toMatchObject({ code: "option" });
    await expect(loadModel(new Response("", { status: 404 }))).rejects.toMatchObject({ code: "network" });
  });
});

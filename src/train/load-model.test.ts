import { readFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { distance } from "../../test/contract/evaluated.ts";
import { encodeSafetensors } from "../io/safetensors.ts";
import { dense } from "../nn/layers/dense.ts";
import "../runtime/install.ts";
import { tensor } from "../tensor/create.ts";
import { architectureKey } from "./architecture.ts";
import { loadModel } from "./load-model.ts";
import { sequential } from "./sequential.ts";

const old = new URL("../../test/fixtures/models/flat-0.1.0.safetensors", import.meta.url);

describe("loadModel", () => {
  it("a file of version 0.1.0 gives the predictions of then, from a URL, bytes and a Blob", async () => {
    const bytes = await readFile(old);
    const x = tensor(
      Float32Array.from({ length: 100 }, (_, i) => Math.sin(i * 1.7)),
      { shape: [2, 5, 5, 2] },
    );
    const then = [0.4993695914745331, 0.5006303787231445, 0.5001757740974426, 0.4998242259025574];
    for (const file of [old, bytes, new Blob([bytes])]) {
      const model = await loadModel(file);
      expect(distance(Array.from(await model.predict(x).read()), then)).toBeLessThan(1e-6);
      expect(model.name).toBe("older");
    }
  });

  it("what such a file holds is saved in today's form and means the same", async () => {
    const model = await loadModel(old);
    expect(String(model)).toContain("leakyRelu");
    expect(String(model)).toContain("negativeSlope: 0.3");
    expect(Object.keys(model.weights)).toContain("separable/depthwiseKernel");
  });

  const fileOf = (architecture: unknown, weights: Readonly<Record<string, Float32Array>> = {}) =>
    encodeSafetensors(
      Object.fromEntries(Object.entries(weights).map(([name, data]) => [name, { dtype: "f32", shape: [data.length], data }])),
      { [architectureKey]: JSON.stringify(architecture) },
    );
  const input = { dtype: "f32", shape: [2] };
  const deep = Array.from({ length: 3000 }).reduce<unknown>((inner) => [inner], []);

  it.each([
    ["a kind that isn't known", { format: 2, model: ["mystery", {}], input }, 'holds a "mystery", which isn\'t known here.'],
    [
      "a member of every object for a kind",
      { format: 2, model: ["constructor", {}], input },
      'holds a "constructor", which isn\'t known here.',
    ],
    [
      "a layer that is no model",
      { format: 2, model: ["dense", { units: 1 }], input },
      "holds a dense, which is a part of a model and not one.",
    ],
    [
      "options that can't be",
      { format: 2, model: ["sequential", { layers: [["dense", { units: { toString: 1 } }]] }], input },
      "units must be a positive integer",
    ],
    [
      "an option that isn't one",
      { format: 2, model: ["sequential", { layers: [["dense", { units: 1, evil: 2 }]] }], input },
      'unknown option "evil"',
    ],
    ["layers that are no list", { format: 2, model: ["sequential", { layers: "many" }], input }, "lacks its list of layers"],
    [
      "a part shared before it is there",
      { format: 2, model: ["sequential", { layers: [{ shared: 7, path: "" }] }], input },
      "shares a part that comes later or not at all.",
    ],
    [
      "nesting without end",
      { format: 2, model: ["sequential", { layers: [["dense", { units: deep }]] }], input },
      "the description of the model is damaged",
    ],
    ["no input", { format: 2, model: ["sequential", { layers: [["dense", { units: 1 }]] }] }, "the description of the model is damaged"],
    [
      "a weight too few",
      { format: 2, model: ["sequential", { layers: [["dense", { units: 1 }]] }], input },
      'the weight "dense/kernel" is missing.',
    ],
  ])("%s is an error of the file", async (_what, architecture, message) => {
    await expect(loadModel(fileOf(architecture))).rejects.toMatchObject({
      code: "file",
      message: expect.stringContaining(message) as string,
    });
  });

  it("weights of other shapes or names than the model's are errors of the file", async () => {
    const architecture = { format: 2, model: ["sequential", { layers: [["dense", { units: 1, useBias: false }]] }], input };
    await expect(loadModel(fileOf(architecture, { "dense/kernel": new Float32Array(2) }))).rejects.toThrow(
      `[the model's bytes] "dense/kernel" has shape [2], but the model's has [2, 1]. Load it into the model it was saved from.`,
    );
    await expect(loadModel(fileOf(architecture, { other: new Float32Array(2) }))).rejects.toThrow('the weight "dense/kernel" is missing.');
  });

  it("saveWeights and loadWeights carry weights between models that are built alike", async () => {
    const [one, other] = [3, 4].map((seed) => {
      const model = sequential([dense(3), dense(1)], { inputShape: [2] });
      model.trainState = model.init({ seed });
      return model;
    });
    const { mkdtemp, rm } = await import("node:fs/promises");
    const { tmpdir } = await import("node:os");
    const { join } = await import("node:path");
    const folder = await mkdtemp(join(tmpdir(), "gradsmith-"));
    try {
      const path = join(folder, "w.safetensors");
      await one!.saveWeights(path);
      await other!.loadWeights(path);
      expect(await other!.getWeights()).toEqual(await one!.getWeights());
      await expect(sequential([dense(2)], { inputShape: [2] }).loadWeights(path)).rejects.toThrow(
        `"dense/bias" has shape [3], but the model's has [2].`,
      );
      await expect(loadModel(path)).rejects.toThrow("holds tensors but no model. Build the model and call loadWeights");
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});

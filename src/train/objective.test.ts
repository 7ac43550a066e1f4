import { describe, expect, it } from "vitest";
import { refusal } from "../../test/refusal.ts";
import "../runtime/install.ts";
import { dense } from "../nn/layers/dense.ts";
import { Module } from "../nn/module.ts";
import { zeros } from "../tensor/create.ts";
import { random } from "../tensor/random.ts";
import type { Tensor } from "../tensor/tensor.ts";
import type { Sequential } from "./sequential.ts";
import { sequential } from "./sequential.ts";

const silent = { verbose: 0 } as const;
const x = zeros([16, 3]);
const y = zeros([16, 1]);

class Noise extends Module {
  forward(value: Tensor): Tensor {
    return value.add(random.normal(value.shape));
  }
}

/** Its input is 0 and so are its first weights, and those without a bias stay so: what it gives is the noise. */
const noisy = (): Sequential =>
  sequential([dense(1, { useBias: false, kernelInitializer: "zeros" }), new Noise()], { inputShape: [3] }).compile({
    optimizer: "sgd",
    loss: "mse",
  });
/** Its loss alone is random. */
const noisyLoss = (): Sequential =>
  sequential([dense(1, { useBias: false, kernelInitializer: "zeros" })], { inputShape: [3] }).compile({
    optimizer: "sgd",
    loss: (target, prediction) => prediction.sub(target).add(random.normal(target.shape)).square(),
  });

describe.each([
  ["modules", noisy],
  ["losses", noisyLoss],
])("keyless random draws of %s", (_name, make) => {
  // One step an epoch.
  const losses = async (seed: number): Promise<readonly number[]> =>
    (await make().fit(x, y, { ...silent, batchSize: 16, epochs: 6, seed })).metrics.loss!;

  it("move from step to step of fit: each epoch's loss is the mean square of other normal numbers", async () => {
    const drawn = await losses(1);
    expect(new Set(drawn).size).toBe(6);
    // χ² of 96 degrees of freedom over 96: its standard deviation is √(2/96).
    expect(Math.abs(drawn.reduce((a, b) => a + b) / 6 - 1)).toBeLessThan(5 * Math.sqrt(2 / 96));
  });

  it("are the same bits for the same seed of fit, and others for another", async () => {
    const first = await losses(1);
    expect(await losses(1)).toEqual(first);
    const other = await losses(2);
    expect(other.filter((loss) => first.includes(loss))).toEqual([]);
  });
});

describe("keyless random draws outside of training", () => {
  const fix =
    "draws random numbers without a key, and there is none outside of training. Give the draw a key or a seed, leave it out where " +
    "context.training is false, or use applyWith(params, x, { key }).";

  it("are refused by predict and evaluate, by the name of the module that draws", async () => {
    const model = noisy();
    expect(await refusal(() => model.predict(x))).toEqual(["usage", `[noise] ${fix}`]);
    expect(await refusal(() => model.evaluate(x, y))).toEqual(["usage", `[noise] ${fix}`]);
  });

  it("are refused in losses", async () => {
    expect(await refusal(() => noisyLoss().evaluate(x, y))).toEqual([
      "usage",
      "[loss] draws random numbers without a key, and there is none outside of training. Give the draw a key or a seed.",
    ]);
  });
});

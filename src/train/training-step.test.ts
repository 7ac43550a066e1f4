import { describe, expect, it } from "vitest";
import { distance } from "../../test/contract/evaluated.ts";
import { constraints } from "../nn/constraints.ts";
import { batchNormalization } from "../nn/layers/batch-normalization.ts";
import { dense } from "../nn/layers/dense.ts";
import { clipByGlobalNorm } from "../optim/clip.ts";
import type { NamedTensors, Optimizer } from "../optim/optimizer.ts";
import { sgd } from "../optim/sgd.ts";
import "../runtime/install.ts";
import { full } from "../tensor/create.ts";
import { random } from "../tensor/random.ts";
import type { Tensor } from "../tensor/tensor.ts";
import type { Batch } from "./batches.ts";
import type { TrainingSetup } from "./compile-options.ts";
import { compiledChoices } from "./compile-options.ts";
import { sequential } from "./sequential.ts";
import { emptyTally } from "./tally.ts";
import type { TrainState } from "./train-state.ts";
import { applyGradients, gradientsOf, trainingStep } from "./training-step.ts";

const model = sequential([dense(4, { activation: "tanh" }), dense(1)], { inputShape: [3] });
const x = random.uniform([8, 3], { seed: 1 });
const key = random.key(0);
const setupFor = (optimizer: Optimizer, others: Partial<TrainingSetup> = {}, of = model): TrainingSetup => {
  const { precision, outputsOf } = compiledChoices({ optimizer, loss: "mse" });
  return { optimizer, precision, outputs: outputsOf(of.blueprint.output), ...others };
};
const batchOf = (samples: Tensor): Batch => ({ x: samples, y: { "": samples.sum({ axis: 1, keepDims: true }) }, weight: {} });
const stepped = (setup: TrainingSetup, state: TrainState): TrainState =>
  trainingStep(model, setup, { model: state, tally: emptyTally(setup), firstBad: full([], -1, { dtype: "i32" }) }, { ...batchOf(x), key })
    .model;
const numbers = async (tensors: NamedTensors): Promise<number[]> =>
  (await Promise.all(Object.values(tensors).map((value) => value.read()))).flatMap((values) => [...values]);

describe("gradients between computing and applying", () => {
  it("of halves of a batch, averaged, are those of the whole: accumulation needs nothing else", async () => {
    const setup = setupFor(sgd({ learningRate: 0.5 }));
    const state = model.init({ optimizer: setup.optimizer });
    const halves = [0, 4].map((from) => gradientsOf(model, setup, state, batchOf(x.slice([from, 0], [4, 3])), key).grads);
    const mean = Object.fromEntries(Object.keys(state.params).map((path) => [path, halves[0]![path]!.add(halves[1]![path]!).div(2)]));
    const accumulated = applyGradients(model, setup, state, mean, {});
    expect(distance(await numbers(accumulated.params), await numbers(stepped(setup, state).params))).toBeLessThan(1e-6);
    expect(await accumulated.step.item()).toBe(1);
  });

  it("are transformed before the optimizer clips them: a norm of 1 is what remains of any multiple", async () => {
    const transformGradients = (grads: NamedTensors): NamedTensors =>
      Object.fromEntries(Object.entries(grads).map(([path, g]) => [path, g.mul(1000)]));
    const setup = setupFor(clipByGlobalNorm(1, sgd({ learningRate: 1 })), { transformGradients });
    const state = model.init({ optimizer: setup.optimizer });
    const [before, after] = [await numbers(state.params), await numbers(stepped(setup, state).params)];
    expect(Math.hypot(...before.map((value, i) => value - after[i]!))).toBeCloseTo(1, 5);
  });

  it("are computed without changing anything; what layers write and constraints come with applying", async () => {
    const normed = sequential(
      [batchNormalization({ momentum: 0 }), dense(2, { useBias: false, kernelConstraint: constraints.maxNorm(0.5) })],
      {
        inputShape: [3],
      },
    );
    const setup = setupFor(sgd({ learningRate: 0 }), {}, normed);
    const state = normed.init({ optimizer: setup.optimizer });
    const batch: Batch = { x, y: { "": full([8, 2], 1) }, weight: {} };
    const { grads, objective } = gradientsOf(normed, setup, state, batch, key);
    const next = applyGradients(normed, setup, state, grads, objective.written);
    const mean = await x.mean({ axis: 0 }).read();
    expect(distance([...(await next.state["batchNormalization/movingMean"]!.read())], [...mean])).toBeLessThan(1e-6);
    const norms = await next.params["dense/kernel"]!.square().sum({ axis: 0 }).sqrt().read();
    for (const norm of norms) expect(norm).toBeLessThan(0.5 + 1e-6);
    expect(await numbers(state.state)).toEqual(await numbers(normed.init().state));
  });
});

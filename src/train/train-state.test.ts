import { describe, expect, it } from "vitest";
import { dense } from "../nn/layers/dense.ts";
import { adam } from "../optim/adam.ts";
import type { Optimizer } from "../optim/optimizer.ts";
import { cosineDecay } from "../optim/schedules.ts";
import { sgd } from "../optim/sgd.ts";
import { compile } from "../runtime/compile.ts";
import "../runtime/install.ts";
import { full, ones, tensor } from "../tensor/create.ts";
import { sequential } from "./sequential.ts";
import type { TrainState } from "./train-state.ts";

const model = sequential([dense(1, { useBias: false, kernelInitializer: "zeros" })], { inputShape: [2] });
const grads = { "dense/kernel": tensor([[1], [-2]]) };
const rate = ({ hyperparameters }: TrainState): Promise<number> => hyperparameters.learningRate!.item();
const weights = async ({ params }: TrainState): Promise<number[]> => [...(await params["dense/kernel"]!.read())];

describe("the hyperparameters of a train state", () => {
  it("hold the optimizer's rate from init or from the first update on, and none with a schedule", async () => {
    const optimizer = sgd({ learningRate: 0.5 });
    expect(await rate(model.init({ optimizer }))).toBe(0.5);
    expect(model.init().hyperparameters).toEqual({});
    expect(await rate(model.init().update(optimizer, grads))).toBe(0.5);
    const scheduled = sgd({ learningRate: cosineDecay(0.5, { decaySteps: 10 }) });
    expect(model.init({ optimizer: scheduled }).update(scheduled, grads).hyperparameters).toEqual({});
  });

  it("decide the rate of an update: the same bits as an optimizer made with that rate, in one program for all rates", async () => {
    const [slow, fast] = [adam({ learningRate: 1e-3 }), adam({ learningRate: 0.125 })];
    let traces = 0;
    const stepOf = (optimizer: Optimizer) =>
      compile((state: TrainState) => {
        traces++;
        return state.update(optimizer, grads);
      });
    const set = model.init({ optimizer: slow }).with({ hyperparameters: { learningRate: full([], 0.125) } });
    const step = stepOf(slow);
    const expected = await weights(stepOf(fast)(model.init({ optimizer: fast })));
    traces = 0;
    expect(await weights(step(set))).toEqual(expected);
    expect(await weights(step(model.init({ optimizer: slow })))).not.toEqual(expected);
    expect(traces).toBe(1);
  });

  it("stay with the slots: another optimizer's are made anew", async () => {
    const set = model.init({ optimizer: adam() }).with({ hyperparameters: { learningRate: full([], 0.25) } });
    expect(await rate(set.preparedFor(adam()))).toBe(0.25);
    expect(await rate(set.preparedFor(sgd({ learningRate: 0.5 })))).toBe(0.5);
  });

  it("stay for the next fit, and start anew with the next compile", async () => {
    const again = sequential([dense(1, { useBias: false, kernelInitializer: "zeros" })], { inputShape: [2] });
    const train = () => again.fit(ones([4, 2]), ones([4]), { verbose: 0 });
    again.compile({ optimizer: sgd({ learningRate: 0.5 }), loss: "mse" });
    await train();
    expect(await rate(again.trainState)).toBe(0.5);
    again.trainState = again.trainState.with({ hyperparameters: { learningRate: full([], 0) } });
    const before = await weights(again.trainState);
    await train();
    expect(await weights(again.trainState)).toEqual(before);
    again.compile({ optimizer: sgd({ learningRate: 0.5 }), loss: "mse" });
    await train();
    expect(await rate(again.trainState)).toBe(0.5);
    expect(await weights(again.trainState)).not.toEqual(before);
  });
});

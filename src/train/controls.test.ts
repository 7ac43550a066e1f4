import { describe, expect, it } from "vitest";
import { refusal } from "../../test/refusal.ts";
import { dense } from "../nn/layers/dense.ts";
import type { Optimizer } from "../optim/optimizer.ts";
import { exponentialDecay } from "../optim/schedules.ts";
import { sgd } from "../optim/sgd.ts";
import "../runtime/install.ts";
import { random } from "../tensor/random.ts";
import type { Tensor } from "../tensor/tensor.ts";
import type { Callback, TrainingControls } from "./callback.ts";
import type { Sequential } from "./sequential.ts";
import { sequential } from "./sequential.ts";

const x = random.uniform([12, 3], { seed: 1 });
const y = x.sum({ axis: 1, keepDims: true });
let traces = 0;
const squared = (target: Tensor, prediction: Tensor): Tensor => {
  traces++;
  return prediction.sub(target).square();
};
const compiled = (optimizer: Optimizer, model = sequential([dense(1)], { inputShape: [3] })): Sequential =>
  model.compile({ optimizer, loss: squared });

interface Run {
  readonly epochs: number;
  readonly callbacks?: readonly Callback[];
}
/** Training over samples in memory, in two steps an epoch, and over the same batches one by one. */
const ways: Readonly<Record<string, (model: Sequential, run: Run) => Promise<unknown>>> = {
  "samples in memory": (model, run) => model.fit(x, y, { ...run, batchSize: 6, shuffle: false, verbose: 0 }),
  "batches one by one": (model, run) => {
    const half = (t: Tensor, from: number): Tensor => t.slice([from, 0], [6, t.shape[1]!]);
    const batches = new Set([0, 6].map((from) => ({ x: half(x, from), y: half(y, from) })));
    return model.fit(batches, { ...run, verbose: 0 });
  },
};

describe.each(Object.entries(ways))("the learning rate, over %s", (_, train) => {
  it("that a callback sets decides the steps that follow: the same bits as an optimizer made with it, and nothing is traced again", async () => {
    const seen: number[] = [];
    const halve: Callback = {
      async onEpochBegin(epoch, controls) {
        seen.push(await controls.learningRate());
        if (epoch === 1) controls.setLearningRate(0.25);
      },
    };
    const set = compiled(sgd({ learningRate: 0.5 }));
    traces = 0;
    await train(set, { epochs: 1 });
    const once = traces;
    await train(compiled(sgd({ learningRate: 0.5 }), set), { epochs: 3, callbacks: [halve] });
    expect(traces).toBe(2 * once);
    expect(seen).toEqual([0.5, 0.5, 0.25]);

    const made = compiled(sgd({ learningRate: 0.5 }));
    await train(made, { epochs: 1 });
    await train(made, { epochs: 1 });
    await train(compiled(sgd({ learningRate: 0.25 }), made), { epochs: 2 });
    expect(await set.getWeights()).toEqual(await made.getWeights());
  });

  it("stays for the next fit, also where it was set when training had ended", async () => {
    const model = compiled(sgd({ learningRate: 0.5 }));
    await train(model, { epochs: 1, callbacks: [{ onTrainEnd: (_logs, controls) => controls.setLearningRate(0) }] });
    const before = await model.getWeights();
    await train(model, { epochs: 1 });
    expect(await model.getWeights()).toEqual(before);
    expect(await model.trainState.hyperparameters.learningRate!.item()).toBe(0);
  });

  it("is the schedule's for the next step where there is one, and can't be set", async () => {
    const seen: number[] = [];
    let controls: TrainingControls | undefined;
    const watch: Callback = {
      async onEpochEnd(_epoch, _logs, given) {
        controls = given;
        seen.push(await given.learningRate());
      },
    };
    await train(compiled(sgd({ learningRate: exponentialDecay(0.5, { decaySteps: 2, decayRate: 0.5 }) })), {
      epochs: 2,
      callbacks: [watch],
    });
    expect(seen).toEqual([expect.closeTo(0.25, 6), expect.closeTo(0.125, 6)]);
    expect(await refusal(() => controls!.setLearningRate(0.1))).toEqual([
      "usage",
      "[setLearningRate] the optimizer has a schedule, which decides the rate of every step. Give the optimizer a number, and leave the rate to the callback.",
    ]);
  });

  it("must be a number", async () => {
    const wrong: Callback = { onTrainBegin: (controls) => controls.setLearningRate(Number.NaN) };
    await expect(train(compiled(sgd()), { epochs: 1, callbacks: [wrong] })).rejects.toThrow(
      "[setLearningRate] the learning rate must be a number of at least 0, got NaN.",
    );
  });
});

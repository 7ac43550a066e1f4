import { describe, expect, it } from "vitest";
import { GradsmithError } from "../core/errors.ts";
import { dataset } from "../data/dataset.ts";
import { dense } from "../nn/layers/dense.ts";
import { sgd } from "../optim/sgd.ts";
import "../runtime/install.ts";
import { random } from "../tensor/random.ts";
import type { Callback } from "./callback.ts";
import type { FitOptions } from "./fit-options.ts";
import type { Sequential } from "./sequential.ts";
import { sequential } from "./sequential.ts";

const x = random.normal([480 * 2, 3], { seed: 1 });
const y = x.sum({ axis: 1, keepDims: true });
const network = (): Sequential => sequential([dense(1)], { inputShape: [3] }).compile({ optimizer: sgd(), loss: "mse" });

/** At which steps `onBatchEnd` came. */
async function boundaries(options: FitOptions, more: Partial<Callback> = {}): Promise<number[]> {
  const seen: number[] = [];
  const callback: Callback = { ...more, onBatchEnd: (step) => void seen.push(step) };
  await network().fit(x, y, { batchSize: 2, verbose: 0, ...options, callbacks: [callback, ...(options.callbacks ?? [])] });
  return seen;
}

describe("callbacks come at the boundaries of calls", () => {
  it("after every batch by default, or where one asks for it", async () => {
    const every = Array.from({ length: 480 }, (_, i) => i + 1);
    expect(await boundaries({})).toEqual(every);
    expect(await boundaries({ stepsPerCall: 100 }, { everyBatch: true })).toEqual(every);
  });

  it("after every so many, and at an epoch's end", async () => {
    expect(await boundaries({ stepsPerCall: 100, epochs: 2 })).toEqual([100, 200, 300, 400, 480, 100, 200, 300, 400, 480]);
    expect(await boundaries({ stepsPerCall: 7, batchSize: 50 }), "19 whole batches and a rest").toEqual([7, 14, 20]);
  });

  it("at the same steps in every run, where the rule decides", async () => {
    const runs: number[][] = [[], []];
    for (const seen of runs)
      await network().fit(x, y, { batchSize: 2, epochs: 2, verbose: 0, callbacks: [{ onSteps: (step) => void seen.push(step) }] });
    expect(runs[0]!.length).toBeGreaterThan(1);
    expect(runs[1]).toEqual(runs[0]);
    expect(await boundaries({}, { everyBatch: false })).toEqual(runs[0]!.slice(0, runs[0]!.length / 2));
  });

  it("for batches that a dataset hands out too", async () => {
    const seen: number[] = [];
    const batches = dataset({ x, y }).batch(100);
    await network().fit(batches, { verbose: 0, stepsPerCall: 4, callbacks: [{ onBatchEnd: (step) => void seen.push(step) }] });
    expect(seen).toEqual([4, 8, 10]);
  });

  it.each([0, 1.5, "often", -1])("stepsPerCall %s is refused", async (stepsPerCall) => {
    const failed = network().fit(x, y, { stepsPerCall: stepsPerCall as never });
    await expect(failed).rejects.toThrow(GradsmithError);
    await expect(failed).rejects.toThrow(/stepsPerCall/);
  });
});

describe("stopping is exact", () => {
  const stepsAfter = async (stop: (step: number, abort: () => void, controls: { stop(): void }) => void, options: FitOptions = {}) => {
    const model = network();
    const control = new AbortController();
    const callback: Callback = { onBatchEnd: (step, _, controls) => stop(step, () => control.abort(), controls) };
    const history = await model.fit(x, y, {
      batchSize: 2,
      epochs: 3,
      verbose: 0,
      signal: control.signal,
      ...options,
      callbacks: [callback],
    });
    return [history.stopped, history.epochs.length, await model.trainState.step.item()];
  };

  it("by a callback", async () => {
    expect(await stepsAfter((step, _, controls) => step === 17 && controls.stop())).toEqual(["callback", 0, 17]);
    expect(await stepsAfter((step, _, controls) => step === 20 && controls.stop(), { stepsPerCall: 10 })).toEqual(["callback", 0, 20]);
  });

  it("by the signal", async () => {
    expect(await stepsAfter((step, abort) => step === 17 && abort())).toEqual(["aborted", 0, 17]);
    expect(await stepsAfter((step, abort) => step === 480 && abort()), "an epoch that is whole counts").toEqual(["aborted", 1, 480]);
  });

  it("by a signal that came before", async () => {
    const model = network();
    const history = await model.fit(x, y, { verbose: 0, signal: AbortSignal.abort() });
    expect([history.stopped, history.epochs, await model.trainState.step.item()]).toEqual(["aborted", [], 0]);
  });

  it("before an epoch's first step, from onEpochBegin", async () => {
    const model = network();
    const stopper: Callback = { onEpochBegin: (epoch, controls) => void (epoch === 1 && controls.stop()) };
    const history = await model.fit(x, y, { batchSize: 2, epochs: 3, verbose: 0, callbacks: [stopper] });
    expect([history.stopped, history.epochs, await model.trainState.step.item()]).toEqual(["callback", [0], 480]);
  });
});

describe("validate, from a callback", () => {
  it("gives the figures of the moment and changes nothing", async () => {
    const found: number[] = [];
    const watch: Callback = {
      async onBatchEnd(step, _, controls) {
        if (step % 160 === 0) found.push((await controls.validate())["val_loss"]!);
      },
    };
    const options = { batchSize: 2, verbose: 0, validationSplit: 0.2 } as const;
    const [watched, alone] = [network(), network()];
    const history = await watched.fit(x, y, { ...options, callbacks: [watch] });
    const other = await alone.fit(x, y, options);
    expect(history).toEqual(other);
    expect(found).toHaveLength(2);
    expect(found[1]!).toBeLessThan(found[0]!);
    expect(history.metrics["val_loss"]![0]!).toBeLessThan(found[1]!);
  });

  it("says when there is nothing to validate on", async () => {
    const watch: Callback = { onEpochEnd: (_, __, controls) => controls.validate().then(() => undefined) };
    await expect(network().fit(x, y, { verbose: 0, callbacks: [watch] })).rejects.toThrow("there is nothing to validate on");
  });
});

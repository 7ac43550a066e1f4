import { mkdtemp, readdir, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { dense } from "../../nn/layers/dense.ts";
import { adam } from "../../optim/adam.ts";
import "../../runtime/install.ts";
import { zeros } from "../../tensor/create.ts";
import type { BatchSource } from "../batches.ts";
import type { Callback } from "../callback.ts";
import { loadModel } from "../load-model.ts";
import { readCheckpoint } from "../read-checkpoint.ts";
import type { Sequential } from "../sequential.ts";
import { sequential } from "../sequential.ts";
import type { ModelCheckpoint, ModelCheckpointOptions } from "./model-checkpoint.ts";
import { modelCheckpoint } from "./model-checkpoint.ts";

let directory = "";
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "gradsmith-"));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

const network = (): Sequential => sequential([dense(1, { useBias: false })], { inputShape: [1] });

interface Run {
  readonly epochs: number;
  readonly validationData?: BatchSource;
}
/** Validation samples whose mean squared errors are the squares of these numbers, epoch by epoch: of an input that is 0. */
function withRoots(roots: readonly number[]): Run {
  let epoch = 0;
  const validationData = {
    *[Symbol.iterator]() {
      yield { x: [[0]], y: [[roots[epoch++]!]] };
    },
  };
  return { epochs: roots.length, validationData };
}

async function trained(checkpoint: Callback, options: Run, others: readonly Callback[] = []): Promise<Sequential> {
  const model = network().compile({ optimizer: adam({ learningRate: 0.1 }), loss: "mse" });
  await model.fit([[1], [2]], [[3], [6]], { verbose: 0, callbacks: [checkpoint, ...others], ...options });
  return model;
}
const files = async (folder = directory): Promise<string[]> => (await readdir(folder)).sort();
const stepOf = async ({ bestPath }: ModelCheckpoint): Promise<number> => (await readCheckpoint(bestPath!, network())).state.step.item();
const saving = (options: Partial<ModelCheckpointOptions> = {}): ModelCheckpoint => modelCheckpoint({ directory, ...options });

describe("which files are kept", () => {
  const roots = [2, 1, 3, 0.5, 0.5, 1.5];
  it.each<readonly [string, Partial<ModelCheckpointOptions>, readonly string[]]>([
    ["the best", {}, ["epoch=03-val_loss=0.2500"]],
    ["the best two, the first of equal ones before", { saveTopK: 2 }, ["epoch=03-val_loss=0.2500", "epoch=04-val_loss=0.2500"]],
    ["the largest with max", { mode: "max", saveTopK: 2 }, ["epoch=00-val_loss=4.0000", "epoch=02-val_loss=9.0000"]],
    ["only the last", { saveTopK: 0, saveLast: true }, ["last"]],
    [
      "all of every third epoch, and the last",
      { saveTopK: -1, saveLast: true, everyNEpochs: 3 },
      ["epoch=02-val_loss=9.0000", "epoch=05-val_loss=2.2500", "last"],
    ],
    ["all, under one name with numbers", { saveTopK: -1, filename: "x", everyNEpochs: 2 }, ["x", "x-v1", "x-v2"]],
    ["one under one name, written over", { filename: "x.safetensors" }, ["x"]],
  ])("%s", async (_, options, expected) => {
    await trained(saving(options), withRoots(roots));
    expect(await files()).toEqual(expected.map((name) => `${name}.safetensors`).sort());
  });

  it("under the names that a template gives, without what no file can be called", async () => {
    await trained(saving({ filename: "n{epoch}: {val_loss}/{loss}" }), withRoots(roots));
    expect(await files()).toEqual([expect.stringMatching(/^n03_ 0\.2500_\d\.\d{4}\.safetensors$/)]);
  });

  it("the newest where there is nothing to watch and nothing was said", async () => {
    const checkpoint = saving({ saveTopK: 2 });
    await trained(checkpoint, { epochs: 4 });
    expect(await files()).toEqual(["epoch=02.safetensors", "epoch=03.safetensors"]);
    expect([basename(checkpoint.bestPath!), checkpoint.bestValue, checkpoint.lastPath]).toEqual([
      "epoch=03.safetensors",
      undefined,
      undefined,
    ]);
  });

  it("not those of an earlier training in the same folder, which stay", async () => {
    await trained(saving(), { epochs: 1 });
    const checkpoint = saving();
    await trained(checkpoint, { epochs: 1 });
    expect(await files()).toEqual(["epoch=00-v1.safetensors", "epoch=00.safetensors"]);
    expect(basename(checkpoint.bestPath!)).toBe("epoch=00-v1.safetensors");
  });

  it("a figure that is not a number is worse than all numbers", async () => {
    await trained(saving(), withRoots([Number.NaN, 3, Number.NaN]));
    expect(await files()).toEqual(["epoch=01-val_loss=9.0000.safetensors"]);
  });

  it("small figures and large ones are readable in names", async () => {
    await trained(saving({ saveTopK: -1 }), withRoots([2 ** -8, 2 ** 20, 0]));
    expect(await files()).toEqual([
      "epoch=00-val_loss=1.526e-5.safetensors",
      "epoch=01-val_loss=1.100e+12.safetensors",
      "epoch=02-val_loss=0.0000.safetensors",
    ]);
  });
});

describe("a file that is kept", () => {
  it("is the model of its epoch, and holds what the optimizer remembered then", async () => {
    const weights: unknown[] = [];
    const steps: number[] = [];
    const checkpoint = saving({ saveLast: true });
    const model = await trained(checkpoint, withRoots([2, 1, 3]), [
      {
        async onEpochEnd(_epoch, _logs, controls) {
          weights.push(await controls.copyWeights());
          steps.push(await stepOf(checkpoint));
        },
      },
    ]);
    expect(checkpoint.bestValue).toBe(1);
    expect(steps).toEqual([1, 2, 2]);
    const best = await loadModel(checkpoint.bestPath!);
    expect(await best.getWeights()).toEqual(weights[1]);
    const last = await readCheckpoint(checkpoint.lastPath!, network());
    expect(last.place).toEqual({ seed: 0, epoch: 3, batch: 0 });
    const { slots } = model.trainState;
    expect(await last.state.slots["dense/kernel"]!["m"]!.read()).toEqual(await slots["dense/kernel"]!["m"]!.read());
  });
});

describe("what ends training early", () => {
  it("leaves the last step in last.safetensors where a signal broke an epoch off", async () => {
    const abort = new AbortController();
    const checkpoint = saving({ saveLast: true });
    const model = network().compile({ optimizer: adam(), loss: "mse" });
    const stop: Callback = { onBatchEnd: () => abort.abort() };
    await model.fit(zeros([5_000, 1]), zeros([5_000, 1]), {
      batchSize: 1,
      verbose: 0,
      callbacks: [checkpoint, stop],
      signal: abort.signal,
    });
    const { state, place } = await readCheckpoint(checkpoint.lastPath!, network());
    const done = await model.trainState.step.item();
    expect(await state.step.item()).toBe(done);
    expect(place).toEqual({ seed: 0, epoch: 0, batch: done });
    expect(checkpoint.bestPath).toBe(undefined);
  });

  it("a file that can't be written is named, the model keeps its weights, and the file before is still there", async () => {
    const [inside, moved] = [join(directory, "run"), join(directory, "moved")];
    const checkpoint = modelCheckpoint({ directory: inside });
    const model = network().compile({ optimizer: adam(), loss: "mse" });
    const breaking: Callback = {
      async onEpochBegin(epoch) {
        if (epoch === 0) return;
        await rename(inside, moved);
        await writeFile(inside, "a file");
      },
    };
    await expect(model.fit([[1]], [[3]], { verbose: 0, callbacks: [checkpoint, breaking], ...withRoots([2, 1]) })).rejects.toMatchObject({
      code: "file",
      message: `[${inside}/epoch=01-val_loss=1.0000.safetensors] can't be written: a file is where a folder of the path should be. Choose another place.`,
    });
    expect(await model.trainState.step.item()).toBe(2);
    expect(await files(moved)).toEqual(["epoch=00-val_loss=4.0000.safetensors"]);
  });

  it("a folder that can't be made is an error before the first step", async () => {
    await writeFile(join(directory, "file"), "");
    const model = network().compile({ optimizer: adam(), loss: "mse" });
    const callbacks = [modelCheckpoint({ directory: join(directory, "file", "run") })];
    await expect(model.fit([[1]], [[3]], { verbose: 0, callbacks })).rejects.toMatchObject({ code: "file" });
    expect(await model.trainState.step.item()).toBe(0);
  });

  it("a figure that was asked for and isn't there", async () => {
    await expect(trained(saving({ monitor: "val_loss" }), { epochs: 1 })).rejects.toThrow(
      '[modelCheckpoint] there is no figure "val_loss". Give validationData or validationSplit, or monitor another. Known: loss.',
    );
    await expect(trained(saving({ filename: "{accuracy}" }), { epochs: 1 })).rejects.toThrow(
      '[modelCheckpoint] there is no figure "accuracy". Monitor another. Known: loss.',
    );
  });
});

import { expect, test } from "vitest";
import { dense } from "../nn/layers/dense.ts";
import "../runtime/install.ts";
import { random } from "../tensor/random.ts";
import { sequential } from "../train/sequential.ts";
import { epochProgress } from "./epoch-progress.ts";
import type { Terminal } from "./terminal.ts";

test("a terminal's bar moves within an epoch, and doesn't ask for every batch", async () => {
  const written: string[] = [];
  const live = { isTTY: true, columns: 100, write: (text: string) => written.push(text) };
  const shown = epochProgress(2, { live, ascii: false } as unknown as Terminal);
  expect(shown.onBatchEnd).toBeUndefined();
  const x = random.normal([2000, 3], { seed: 1 });
  const model = sequential([dense(1)], { inputShape: [3] }).compile({ optimizer: "sgd", loss: "mse" });
  // One that takes its time, so that a bar is due.
  const slow = { onSteps: () => new Promise<void>((resolve) => setTimeout(resolve, 50)) };
  await model.fit(x, x.sum({ axis: 1, keepDims: true }), {
    batchSize: 20,
    stepsPerCall: 25,
    epochs: 2,
    verbose: 0,
    callbacks: [slow, shown],
  });
  expect(written.join("")).toMatch(/Epoch 1\/2 loss \S+ · ━+─+ +(25|50|75)\/100 .*\r/);
  expect(written.join("")).toMatch(/Epoch 2\/2 loss \S+ · ━{20} 100\/100/);
});

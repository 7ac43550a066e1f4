// ONNX Runtime's Node binding: inference only (W6, W7), over models that peers/torch/export.py writes.
const start = performance.now();

import type * as OnnxRuntime from "onnxruntime-node";

const { InferenceSession, Tensor }: typeof OnnxRuntime = (await import("onnxruntime-node")).default;
const importMs = performance.now() - start;

import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { offer, serve } from "../../measure.ts";
import { generator, glorot } from "../../random.ts";
import { givenWorkload, productName, products } from "../../workload.ts";

// This file runs bundled, from .build/ beside its source.
const models = fileURLToPath(new URL("../models/", import.meta.url));
const { version } = JSON.parse(readFileSync(new URL("../node_modules/onnxruntime-node/package.json", import.meta.url), "utf8")) as {
  version: string;
};
const threads = Number(process.env["BENCH_CONFIGURATION"] ?? 1);
const options = { intraOpNumThreads: threads, interOpNumThreads: 1, executionProviders: ["cpu"], graphOptimizationLevel: "all" } as const;
const common = { import_ms: importMs, version, configuration: `${threads} threads` };

if (givenWorkload().name === "W6") await multiply();
else await predict();
await serve();

async function multiply(): Promise<void> {
  const next = generator(3);
  for (const product of products) {
    const [m, k, n] = product;
    const session = await InferenceSession.create(`${models}matmul-${m}-${k}-${n}.onnx`, options);
    const feeds = {
      a: new Tensor("float32", glorot([m, k], next, 1, 1), [m, k]),
      b: new Tensor("float32", glorot([k, n], next, 1, 1), [k, n]),
    };
    const run = async (count: number) => {
      let last = 0;
      for (let i = 0; i < count; i++) last = (await session.run(feeds))["y"]!.data[0] as number;
      return last;
    };
    await offer({ name: productName(product), ...common }, run, 1000);
  }
}

async function predict(): Promise<void> {
  for (const [name, shape] of [
    ["W3", [1, 784]],
    ["W4", [1, 1, 28, 28]],
  ] as const) {
    const before = performance.now();
    const session = await InferenceSession.create(`${models}${name}.onnx`, options);
    const pixels = new Float32Array(784).fill(0.5);
    const once = async () => (await session.run({ x: new Tensor("float32", pixels, shape) }))["y"]!.data[0] as number;
    await once();
    const firstStepMs = performance.now() - before;
    const run = async (count: number) => {
      let last = 0;
      for (let i = 0; i < count; i++) last = await once();
      return last;
    };
    await offer({ name: `W7 ${name}`, ...common, first_step_ms: firstStepMs }, run, 100_000);
  }
}

// TensorFlow.js on its WebAssembly backend, trained by its own fit().
const start = performance.now();

import type * as TensorFlow from "@tensorflow/tfjs";

const tf: typeof TensorFlow = await import("@tensorflow/tfjs");
await import("@tensorflow/tfjs-backend-wasm");
await tf.setBackend("wasm");
await tf.ready();
const importMs = performance.now() - start;

import { offer, reportAbsence, serve } from "../../measure.ts";
import { generator, glorot } from "../../random.ts";
import { givenWorkload, productName, products, readSamples } from "../../workload.ts";

const { dense, conv2d, maxPooling2d, flatten, lstm } = tf.layers;
const sparse = { loss: "sparseCategoricalCrossentropy", adam: true };
const classifier = (units: number) => dense({ units, activation: "softmax" });
const images = (inputShape: number[]) => [
  dense({ units: 512, activation: "relu", inputShape }),
  dense({ units: 512, activation: "relu" }),
  classifier(10),
];
const networks: Record<string, () => { layers: TensorFlow.layers.Layer[]; loss: string; adam: boolean }> = {
  W1: () => ({
    layers: [dense({ units: 20, activation: "relu", inputShape: [10] }), dense({ units: 30, activation: "relu" }), dense({ units: 1 })],
    loss: "meanSquaredError",
    adam: false,
  }),
  W2: () => ({
    layers: [
      dense({ units: 100, activation: "relu", inputShape: [10] }),
      dense({ units: 100, activation: "relu" }),
      dense({ units: 1, activation: "sigmoid" }),
    ],
    loss: "binaryCrossentropy",
    adam: true,
  }),
  W3a: () => ({ layers: images([784]), ...sparse }),
  W3b: () => ({ layers: images([784]), ...sparse }),
  W4: () => ({
    layers: [
      conv2d({ filters: 32, kernelSize: 3, activation: "relu", inputShape: [28, 28, 1] }),
      maxPooling2d({ poolSize: 2 }),
      conv2d({ filters: 64, kernelSize: 3, activation: "relu" }),
      maxPooling2d({ poolSize: 2 }),
      flatten(),
      dense({ units: 128, activation: "relu" }),
      classifier(10),
    ],
    ...sparse,
  }),
  W5: () => ({ layers: [lstm({ units: 128, inputShape: [50, 32] }), classifier(10)], ...sparse }),
};

const workload = givenWorkload();
const common = { import_ms: importMs, version: tf.version.tfjs, configuration: "wasm, one thread, fit" };
try {
  if (workload.name === "W6") await multiply();
  else if (workload.name === "W7") await predict();
  else await train();
  await serve();
} catch (error) {
  const message = error instanceof Error ? error.message : String(error);
  reportAbsence(workload.name, /not registered|not found/.test(message) ? "no gradient kernel" : message.slice(0, 200));
}
process.exit();

function build(name: string): TensorFlow.Sequential {
  const { layers, loss, adam } = networks[name]!();
  const model = tf.sequential({ layers });
  model.compile({ optimizer: adam ? tf.train.adam(1e-3) : tf.train.sgd(0.01), loss });
  return model;
}

async function train(): Promise<void> {
  const samples = readSamples(workload);
  const labels = Float32Array.from(samples.y);
  const size = workload.shape.reduce((product, extent) => product * extent, 1);
  const model = build(workload.name);
  let x: TensorFlow.Tensor | undefined;
  let y: TensorFlow.Tensor | undefined;
  let held = 0;
  // One call of fit over as many samples as `count` steps need, with its own shuffling.
  const run = async (count: number) => {
    if (count !== held) {
      x?.dispose();
      y?.dispose();
      held = count;
      const rows = Math.min(workload.samples, count * workload.batch);
      x = tf.tensor((samples.x as Float32Array).subarray(0, rows * size), [rows, ...workload.shape]);
      y = tf.tensor(labels.subarray(0, rows), [rows, 1]);
    }
    const history = await model.fit(x!, y!, { epochs: 1, batchSize: workload.batch, verbose: 0, shuffle: true });
    return history.history["loss"]![0] as number;
  };
  const before = performance.now();
  await run(1);
  const firstStepMs = performance.now() - before;
  const coldMs = performance.now() - start;
  const facts = { name: workload.name, ...common, first_step_ms: firstStepMs, cold_ms: coldMs };
  await offer(facts, run, Math.floor(workload.samples / workload.batch));
}

async function multiply(): Promise<void> {
  const next = generator(3);
  for (const product of products) {
    const [m, k, n] = product;
    const a = tf.tensor2d(glorot([m, k], next, 1, 1), [m, k]);
    const b = tf.tensor2d(glorot([k, n], next, 1, 1), [k, n]);
    const run = (count: number) => {
      // The WebAssembly backend computes at once, so nothing has to be waited for.
      for (let i = 0; i < count - 1; i++) tf.matMul(a, b).dispose();
      const c = tf.matMul(a, b);
      const value = c.dataSync()[0]!;
      c.dispose();
      return value;
    };
    await offer({ name: productName(product), ...common }, run, 1000);
  }
}

async function predict(): Promise<void> {
  for (const [name, shape] of [
    ["W3a", [1, 784]],
    ["W4", [1, 28, 28, 1]],
  ] as const) {
    const model = build(name);
    const pixels = new Float32Array(784).fill(0.5);
    const once = async () => {
      const x = tf.tensor(pixels, [...shape]);
      const y = model.predict(x) as TensorFlow.Tensor;
      const sum = (await y.data())[0]!;
      x.dispose();
      y.dispose();
      return sum;
    };
    const run = async (count: number) => {
      let last = 0;
      for (let i = 0; i < count; i++) last = await once();
      return last;
    };
    await offer({ name: `W7 ${name.slice(0, 2)}`, ...common }, run, 10_000);
  }
}

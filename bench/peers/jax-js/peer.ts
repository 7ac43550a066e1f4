// jax-js on its WebAssembly backend: the whole training step under one jit, the batch gathered on the host.
const start = performance.now();

import type * as Jax from "@jax-js/jax";

const jax: typeof Jax = await import("@jax-js/jax");
const { numpy: np, nn, lax, jit, valueAndGrad, tree, init, defaultDevice, blockUntilReady } = jax;
await init("wasm");
defaultDevice("wasm");
const { adam, applyUpdates, sgd } = await import("./optax.ts");
const importMs = performance.now() - start;

import { readFileSync } from "node:fs";
import { offer, reportAbsence, serve } from "../../measure.ts";
import { generator, glorot, permutation } from "../../random.ts";
import { givenWorkload, halfRange, keptHere, productName, products, readSamples } from "../../workload.ts";
import type { Optimizer, Tree } from "./optax.ts";

type Array = Jax.numpy.Array;
interface Network {
  init(): Tree;
  predict(parameters: Tree, x: Array): Array;
  loss(output: Array, y: Array): Array;
  optimizer(): Optimizer;
}

const random = generator(7);
const weights = (shape: number[], inputs: number, outputs: number) => np.array(glorot(shape, random, inputs, outputs)).reshape(shape);
const dense = (p: Tree, i: number, x: Array) => np.dot(x, p[`w${i}`]!).add(p[`b${i}`]!);
const layers = (...sizes: number[]) => {
  const parameters: Tree = {};
  for (let i = 0; i + 1 < sizes.length; i++) {
    parameters[`w${i}`] = weights([sizes[i]!, sizes[i + 1]!], sizes[i]!, sizes[i + 1]!);
    parameters[`b${i}`] = np.zeros([sizes[i + 1]!]);
  }
  return parameters;
};
const perceptron = (p: Tree, x: Array) => dense(p, 2, nn.relu(dense(p, 1, nn.relu(dense(p, 0, x)))));
const crossEntropy = (logits: Array, y: Array) => {
  const samples = y.shape[0]!;
  return nn
    .logSoftmax(logits)
    .mul(nn.oneHot(y, 10))
    .sum()
    .mul(-1 / samples);
};
const images: Network = { init: () => layers(784, 512, 512, 10), predict: perceptron, loss: crossEntropy, optimizer: () => adam(1e-3) };

const networks: Record<string, Network> = {
  W1: {
    init: () => layers(10, 20, 30, 1),
    predict: perceptron,
    loss(output, y) {
      const difference = output.reshape([-1]).sub(y);
      return difference.ref.mul(difference).mean();
    },
    optimizer: () => sgd(0.01),
  },
  W2: {
    init: () => layers(10, 100, 100, 1),
    predict: perceptron,
    loss(output, y) {
      const logits = output.reshape([-1]);
      return nn.softplus(logits.ref).sub(logits.mul(y)).mean();
    },
    optimizer: () => adam(1e-3),
  },
  W3a: images,
  W3b: images,
  W4: { init: convolutionalWeights, predict: convolutional, loss: crossEntropy, optimizer: () => adam(1e-3) },
  W5: { init: recurrentWeights, predict: recurrent, loss: crossEntropy, optimizer: () => adam(1e-3) },
};

/** Channels first: the layout jax-js's own example uses. */
function convolutionalWeights(): Tree {
  return {
    c1: weights([32, 1, 3, 3], 9, 288),
    d1: np.zeros([32, 1, 1]),
    c2: weights([64, 32, 3, 3], 288, 576),
    d2: np.zeros([64, 1, 1]),
    ...layers(1600, 128, 10),
  };
}

function convolutional(p: Tree, x: Array): Array {
  const pool = (image: Array) => lax.reduceWindow(image, np.max, [2, 2], [2, 2]);
  let y = x.reshape([-1, 1, 28, 28]);
  y = pool(nn.relu(lax.convGeneralDilated(y, p["c1"]!, [1, 1], "VALID").add(p["d1"]!)));
  y = pool(nn.relu(lax.convGeneralDilated(y, p["c2"]!, [1, 1], "VALID").add(p["d2"]!)));
  return dense(p, 1, nn.relu(dense(p, 0, y.reshape([-1, 1600]))));
}

function recurrentWeights(): Tree {
  return { wx: weights([32, 512], 32, 512), wh: weights([128, 512], 128, 512), b: np.zeros([512]), ...layers(128, 10) };
}

/** jax-js has no scan: the time steps are unrolled. */
function recurrent(p: Tree, x: Array): Array {
  const [batch, times] = x.shape as [number, number];
  const units = 128;
  const gate = (z: Array, i: number) => z.slice([], [i * units, (i + 1) * units]);
  const projected = np
    .dot(x.reshape([batch * times, 32]), p["wx"]!)
    .add(p["b"]!)
    .reshape([batch, times, 4 * units]);
  let h = np.zeros([batch, units]);
  let c = np.zeros([batch, units]);
  for (let t = 0; t < times; t++) {
    const z = projected.ref.slice([], t).add(np.dot(h, p["wh"]!.ref));
    const input = nn.sigmoid(gate(z.ref, 0));
    const forget = nn.sigmoid(gate(z.ref, 1));
    const candidate = np.tanh(gate(z.ref, 2));
    const output = nn.sigmoid(gate(z, 3));
    c = forget.mul(c).add(input.mul(candidate));
    h = output.mul(np.tanh(c.ref));
  }
  projected.dispose();
  p["wh"]!.dispose();
  c.dispose();
  return dense(p, 0, h);
}

const workload = givenWorkload();
const manifest = readFileSync(new URL("../node_modules/@jax-js/jax/package.json", import.meta.url), "utf8");
const { version } = JSON.parse(manifest) as { version: string };
const kept = keptHere();
const common = {
  import_ms: importMs,
  version,
  configuration: `wasm, one thread, jit${workload.pixels === true ? ` ${kept}` : ""}`,
};
try {
  if (workload.name === "W6") await multiply();
  else if (workload.name === "W7") await predict();
  else await train();
  await serve();
} catch (error) {
  reportAbsence(workload.name, String(error instanceof Error ? error.message : error).slice(0, 200));
}
process.exit();

async function train(): Promise<void> {
  const { x, y } = readSamples(workload, kept);
  const { batch, samples } = workload;
  const row = workload.shape.reduce((product, extent) => product * extent, 1);
  const shape = workload.name === "W5" ? [...workload.shape] : [row];
  const network = networks[workload.name]!;
  const optimizer = network.optimizer();
  let parameters = network.init();
  let state = optimizer.init(tree.ref(parameters));
  const step = jit((p: Tree, s: typeof state, xs: Array, ys: Array) => {
    const [loss, gradients] = valueAndGrad((q: Tree, a: Array, b: Array) => network.loss(network.predict(q, a), b))(tree.ref(p), xs, ys);
    const [updates, following] = optimizer.update(gradients as Tree, s);
    return [loss, applyUpdates(p, updates), following] as const;
  });
  const gather = (indices: Int32Array) => {
    const xs = new Float32Array(indices.length * row);
    const ys = workload.labels === "f32" ? new Float32Array(indices.length) : new Int32Array(indices.length);
    indices.forEach((index, i) => {
      xs.set(x.subarray(index * row, (index + 1) * row), i * row);
      ys[i] = y[index]!;
    });
    if (x instanceof Uint8Array) for (let i = 0; i < xs.length; i++) xs[i] = Math.fround(xs[i]! / halfRange) - 1;
    return [np.array(xs).reshape([indices.length, ...shape]), np.array(ys)] as const;
  };
  const shuffle = generator(5);
  let order = permutation(samples, shuffle);
  let next = 0;
  const run = async (count: number) => {
    let last = 0;
    for (let i = 0; i < count; i++) {
      if (next + batch > samples) {
        order = permutation(samples, shuffle);
        next = 0;
      }
      const [xs, ys] = gather(order.subarray(next, next + batch));
      next += batch;
      const [loss, p, s] = step(parameters, state, xs, ys);
      parameters = p;
      state = s;
      await blockUntilReady([parameters, state]);
      last = (await loss.jsAsync()) as number;
    }
    return last;
  };
  const before = performance.now();
  await run(1);
  const firstStepMs = performance.now() - before;
  const coldMs = performance.now() - start;
  await offer({ name: workload.name, ...common, first_step_ms: firstStepMs, cold_ms: coldMs }, run, 100_000);
}

async function multiply(): Promise<void> {
  for (const product of products) {
    const [m, k, n] = product;
    const a = weights([m, k], 1, 1);
    const b = weights([k, n], 1, 1);
    await blockUntilReady([a, b]);
    const run = async (count: number) => {
      for (let i = 0; i < count; i++) {
        const c = np.matmul(a.ref, b.ref);
        await blockUntilReady(c);
        c.dispose();
      }
      return 0;
    };
    await offer({ name: productName(product), ...common }, run, 1000);
  }
}

async function predict(): Promise<void> {
  for (const name of ["W3a", "W4"]) {
    const network = networks[name]!;
    const parameters = network.init();
    const probabilities = jit((p: Tree, x: Array) => nn.softmax(network.predict(p, x)));
    const pixels = new Float32Array(784).fill(0.5);
    const run = async (count: number) => {
      let last = 0;
      for (let i = 0; i < count; i++) {
        const y = probabilities(tree.ref(parameters), np.array(pixels).reshape([1, 784]));
        last = (await y.data())[0] as number;
      }
      return last;
    };
    await offer({ name: `W7 ${name.slice(0, 2)}`, ...common }, run, 10_000);
  }
}

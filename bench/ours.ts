// Gradsmith on one workload, through the package's public doors, as its built files are.
const start = performance.now();

import type * as Package from "gradsmith";

const gradsmith: typeof Package = await import("gradsmith");
const importMs = performance.now() - start;

import { createHash } from "node:crypto";
import { closeSync, openSync, readFileSync, readSync, statSync } from "node:fs";
import { bareLoop } from "./bare-loop.ts";
import { offer, reportAbsence, serve } from "./measure.ts";
import type { Variables } from "./networks.ts";
import { networks } from "./networks.ts";
import { operationsOf } from "./operations.ts";
import { generator, uniform } from "./random.ts";
import type { Samples } from "./workload.ts";
import { givenWorkload, keptHere, productName, products, readSamples } from "./workload.ts";

const { compile, loop, tensor, zeros } = gradsmith;
const { version } = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8")) as { version: string };
const common = { import_ms: importMs, version };
const workload = givenWorkload();
if (workload.name === "W6") await multiply();
else if (workload.name === "W7") await predict();
else await train(readSamples(workload, keptHere(), readShrinkable));
await serve();

/** A file in a buffer that can shrink while its bytes move to a WebAssembly memory. */
function readShrinkable(path: string): ArrayBuffer {
  const { size } = statSync(path);
  const buffer = Reflect.construct(ArrayBuffer, [size, { maxByteLength: size }]) as ArrayBuffer;
  const file = openSync(path, "r");
  for (let at = 0; at < size; ) at += readSync(file, new Uint8Array(buffer, at));
  closeSync(file);
  return buffer;
}

async function train(samples: Samples): Promise<void> {
  const network = networks(gradsmith)[workload.name];
  if (network === undefined) return reportAbsence(workload.name, "its layers are not there yet");
  const before = performance.now();
  const trained = bareLoop(gradsmith, network, workload, samples);
  await trained.ready;
  const run = async (count: number) => {
    trained.run(count);
    return trained.loss.item();
  };
  await run(1);
  // Tracing and compiling are part of the first step.
  const firstStepMs = performance.now() - before;
  const coldMs = performance.now() - start;
  const loss = await run(9);
  const facts = {
    name: workload.name,
    ...common,
    configuration: [trained.tier, ...(workload.pixels === true ? [keptHere()] : [])].join(" "),
    first_step_ms: firstStepMs,
    cold_ms: coldMs,
    ...(await resultOf(loss, trained.params)),
  };
  // A program found compiled has no kernels to explain until it is compiled again.
  await offer(facts, run, 100_000, () => ({ operations: operationsOf(trained.explain()) }));
}

/** To compare runs by. Reading all weights takes memory that only who asks should pay for. */
async function resultOf(loss: number, params: Package.NamedTensors): Promise<{ result?: string }> {
  if (process.env["BENCH_RESULT"] === undefined) return {};
  return { result: `loss ${loss.toFixed(6)}, weights ${await digest(Object.values(params))} after 10 steps` };
}

/** Equal for equal bits. */
async function digest(tensors: readonly Package.Tensor[]): Promise<string> {
  const hash = createHash("sha256");
  for (const tensor of tensors) hash.update(new Uint8Array((await tensor.read()).buffer));
  return hash.digest("hex").slice(0, 8);
}

async function multiply(): Promise<void> {
  const next = generator(3);
  for (const product of products) {
    const [m, k, n] = product;
    const a = tensor(uniform(m * k, next, -1, 1), { shape: [m, k] });
    const b = tensor(uniform(k * n, next, -1, 1), { shape: [k, n] });
    const multiplied = loop(
      (_: { c: Package.Tensor }, { a, b }) => ({ c: a.matmul(b) }),
      { c: zeros([m, n]) },
      { a, b },
      { name: "matmul" },
    );
    await multiplied.ready;
    const run = async (count: number) => {
      multiplied.run(count);
      return multiplied.state.c.slice([0, 0], [1, 1]).item();
    };
    await run(1);
    const facts = {
      name: productName(product),
      ...common,
      configuration: multiplied.tier,
      result: `product ${await digest([multiplied.state.c])}`,
    };
    await offer(facts, run, 1000, () => ({ operations: operationsOf(multiplied.explain()) }));
  }
}

/** One sample in, ten numbers out: making the tensor and reading the result count, as they do for the peers. */
async function predict(): Promise<void> {
  const increment = compile((x: Package.Tensor) => x.add(1), { name: "empty" });
  const call = async (count: number) => {
    let last = 0;
    for (let i = 0; i < count; i++) last = (await increment(tensor([last])).read())[0]!;
    return last;
  };
  await increment.prepare(tensor([0]));
  await offer({ name: "W7 empty", ...common }, call, 100_000);
  for (const name of ["W3a", "W4"]) {
    const row = `W7 ${name.slice(0, 2)}`;
    const network = networks(gradsmith)[name];
    if (network === undefined) {
      reportAbsence(row, "its layers are not there yet");
      continue;
    }
    const variables = network.init();
    const probabilities = compile((variables: Variables, x: Package.Tensor) => network.predict(variables, x).softmax());
    const pixels = new Float32Array(784).fill(0.5);
    const shape = name === "W4" ? [1, 28, 28, 1] : [1, 784];
    await probabilities.prepare(variables, tensor(pixels, { shape }));
    const run = async (count: number) => {
      let last = 0;
      for (let i = 0; i < count; i++) last = (await probabilities(variables, tensor(pixels, { shape })).read())[0]!;
      return last;
    };
    await offer({ name: row, ...common, operations: operationsOf(probabilities.explain()) }, run, 100_000);
  }
}

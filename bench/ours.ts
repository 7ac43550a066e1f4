// Gradsmith on one workload, through the package's public doors, as its built files are.
const start = performance.now();

import type * as Package from "gradsmith";

const gradsmith: typeof Package = await import("gradsmith");
const importMs = performance.now() - start;

import { readFileSync } from "node:fs";
import { report, reportAbsence, timeBlocks } from "./measure.ts";
import type { Variables } from "./networks.ts";
import { networks } from "./networks.ts";
import { generator, uniform } from "./random.ts";
import type { Samples } from "./workload.ts";
import { givenWorkload, productName, products, readSamples } from "./workload.ts";

const { compile, initialSlots, loop, random, tensor, updateTree, valueAndGrad, zeros } = gradsmith;
const { version } = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8")) as { version: string };
const common = { import_ms: importMs, version };
const workload = givenWorkload();
if (workload.name === "W6") await multiply();
else if (workload.name === "W7") await predict();
else await train(readSamples(workload));

/** The bare loop: a step that gathers its batch by index, run many times in one call. A second loop over the same state shuffles. */
async function train({ x, y }: Samples): Promise<void> {
  const network = networks(gradsmith)[workload.name];
  if (network === undefined) return reportAbsence(workload.name, "its layers are not there yet");
  const { samples, batch, shape } = workload;
  const before = performance.now();
  const inputs = { x: tensor(x, { shape: [samples, ...shape], transfer: true }), y: tensor(y) };
  const { params, state } = network.init();
  const model = { params, slots: initialSlots(network.optimizer, params), step: zeros([], { dtype: "i32" }) };
  const trained = loop(
    ({ model, state, order, position }, { x, y }) => {
      const chosen = order.gather(gradsmith.arange(batch).add(position));
      const { value, grads, aux } = valueAndGrad(
        (params: Package.NamedTensors) => {
          const written: Record<string, Package.Tensor> = {};
          const output = network.predict({ params, state }, x.gather(chosen), (name, value) => {
            written[name] = value;
          });
          return [network.loss(y.gather(chosen), output), written];
        },
        { hasAux: true },
      )(model.params);
      return {
        model: updateTree(network.optimizer, model, grads),
        state: { ...state, ...aux },
        order,
        position: position.add(batch),
        loss: value,
      };
    },
    { model, state, order: random.permutation(samples, { seed: 5 }), position: zeros([], { dtype: "i32" }), loss: zeros([]) },
    inputs,
    { name: workload.name },
  );
  const shuffled = loop(
    ({ epoch }: { order: Package.Tensor; position: Package.Tensor; epoch: Package.Tensor }) => ({
      order: random.permutation(samples, { key: random.foldIn(random.key(6), epoch) }),
      position: zeros([], { dtype: "i32" }),
      epoch: epoch.add(1),
    }),
    { order: trained.state.order, position: trained.state.position, epoch: zeros([], { dtype: "i32" }) },
    {},
    { name: "shuffle" },
  );
  await Promise.all([trained.ready, shuffled.ready]);
  const steps = Math.floor(samples / batch);
  let position = 0;
  const run = async (count: number) => {
    for (let left = count; left > 0; ) {
      if (position === steps) {
        shuffled.run(1);
        position = 0;
      }
      const now = Math.min(left, steps - position);
      trained.run(now);
      position += now;
      left -= now;
    }
    return trained.state.loss.item();
  };
  await run(1);
  // Tracing and compiling are part of the first step.
  const firstStepMs = performance.now() - before;
  const coldMs = performance.now() - start;
  const timed = await timeBlocks(run, 100_000);
  report({ name: workload.name, ...common, configuration: trained.tier, ...timed, first_step_ms: firstStepMs, cold_ms: coldMs });
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
    report({ name: productName(product), ...common, configuration: multiplied.tier, ...(await timeBlocks(run, 1000)) });
  }
}

/** One sample in, ten numbers out: making the tensor and reading the result count, as they do for the peers. */
async function predict(): Promise<void> {
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
    report({ name: row, ...common, ...(await timeBlocks(run, 100_000)) });
  }
}

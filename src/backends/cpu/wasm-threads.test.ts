import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { compile } from "../../compiler/compile.ts";
import { GradsmithError } from "../../core/errors.ts";
import { sizeOf } from "../../core/shape.ts";
import { words } from "../../targets/wasm/print-threaded.ts";
import { inputNode } from "../../tensor/ops/source.ts";
import { Tensor } from "../../tensor/tensor.ts";
import { evaluateGraph } from "../reference/evaluate.ts";
import { Storage } from "./storage.ts";
import { wasmTier } from "./wasm.ts";

const [rows, columns, samples] = [128, 96, 960];
/**
 * A forward product, a gradient over a long sum of strided rows, elementwise work with a sum, and sines of numbers
 * that a function of the module reduces: each large enough to be shared.
 */
function outputs(): { inputs: Tensor[]; roots: Tensor[] } {
  const x = new Tensor(inputNode(0, { dtype: "f32", shape: [samples, rows] }));
  const w = new Tensor(inputNode(1, { dtype: "f32", shape: [rows, columns] }));
  const y = x.matmul(w).tanh();
  return {
    inputs: [x, w],
    roots: [
      y,
      x.transpose().matmul(y).add(1),
      y.exp().sum({ axis: 1 }),
      x
        .slice([0, 0], [240, rows])
        .mul(2 ** 34)
        .sin(),
    ],
  };
}

const values = (length: number): Float32Array => Float32Array.from({ length }, (_, i) => ((i * 7919) % 1009) / 1009 - 0.5);

/** The program ready to be run, a storage for each of its arguments, and what is in those of the results. */
async function prepared(threads: number, patience?: number) {
  const { inputs, roots } = outputs();
  const backend = wasmTier({ relaxedSimd: false, threads, patience });
  const nodes = inputs.map(({ node }) => node);
  const { program, outputs: places } = compile({ name: "t", inputs: nodes, outputs: roots.map(({ node }) => node) }, backend.target);
  const executable = backend.compile(program);
  await executable.ready;
  const storages = program.arguments.map(({ buffer }, i) => {
    const { length } = program.buffers[buffer]!;
    return i < inputs.length ? new Storage(4 * length, new Uint8Array(values(length).buffer)) : new Storage(4 * length);
  });
  const results = () => places.map(({ argument }) => new Float32Array(storages[argument]!.peek().slice().buffer));
  return { executable, storages, results, inputs: inputs.length };
}

async function computed(threads: number): Promise<Float32Array[]> {
  const { executable, storages, results } = await prepared(threads);
  // Many runs: workers come into some of them late, and into some of them from their sleep.
  for (let run = 0; run < 20; run++) {
    executable.run(storages, 2);
    if (run % 5 === 0) await new Promise((done) => setTimeout(done, 5));
  }
  return results();
}

/** Takes a chunk when there is one, and ends: as a worker that is killed in the middle of it does. */
const shortLived = `
const shared = new Int32Array(require("node:worker_threads").workerData.memory.buffer);
for (;;) {
  const job = Atomics.load(shared, ${words.job / 4});
  if (job % 4096 > 0 && Atomics.compareExchange(shared, ${words.job / 4}, job, job - 1) === job) process.exit();
}`;

/** The built package in a process of its own; what it prints. */
function printed(program: string, ...node: readonly string[]): string {
  const index = new URL("../../../dist/index.js", import.meta.url);
  const text = `const { setDevice, tensor, ones } = await import(${JSON.stringify(index.href)});
setDevice({ tier: "wasm", threads: 3 });
const product = () => ones([256, 512]).matmul(tensor(new Float32Array(512 * 256).fill(0.5), { shape: [512, 256] })).sum().item();
${program}`;
  return execFileSync(process.execPath, [...node, "--input-type=module", "-e", text], { encoding: "utf8", timeout: 20_000 });
}

describe("the wasm tier on several threads", () => {
  it("computes the bits one thread does, and those agree with the reference", async () => {
    const [alone, two, three] = [await computed(1), await computed(2), await computed(3)];
    expect(two).toEqual(alone);
    expect(three).toEqual(alone);
    const { inputs, roots } = outputs();
    const want = evaluateGraph(
      roots.map(({ node }) => node),
      (node) => Float64Array.from(values(sizeOf(inputs.find((input) => input.node === node)!.shape))),
    );
    for (const [i, root] of want.entries()) {
      const worst = root.reduce((most, value, j) => Math.max(most, Math.abs(value - alone[i]![j]!) / (1 + Math.abs(value))), 0);
      expect(worst).toBeLessThan(2e-5);
    }
  });

  it("says that a worker was killed over its work, keeps what was only read, and goes on to the bits one thread computes", async () => {
    const threads = process.getBuiltinModule("node:worker_threads");
    const { Worker } = threads;
    threads.Worker = class extends Worker {
      constructor(_: string, options: ConstructorParameters<typeof Worker>[1]) {
        super(shortLived, options);
      }
    };
    const error = new GradsmithError(
      "device",
      "wasm",
      "a worker of program t was killed in the middle of its work, and the numbers it was computing are lost.",
      "Make them again or load them from a file; the program goes on without workers.",
    );
    try {
      const { executable, storages, results, inputs } = await prepared(2, 1e7);
      const untilKilled = async () => {
        for (let run = 0; run < 1000; run++) {
          executable.run(storages, 1);
          await new Promise((done) => setTimeout(done, 5));
        }
      };
      await expect(untilKilled()).rejects.toThrow(error);
      expect(results).toThrow(error);
      const kept = storages.slice(0, inputs);
      expect(kept.map((storage) => storage.peek())).toEqual(kept.map(({ byteLength }) => new Uint8Array(values(byteLength / 4).buffer)));
      for (const [i, { byteLength }] of storages.entries()) if (i >= inputs) storages[i] = new Storage(byteLength);
      executable.run(storages, 1);
      expect(results()).toEqual(await computed(1));
    } finally {
      threads.Worker = Worker;
    }
  });

  it("lets a process end by itself and at once, with workers asleep or at work", () => {
    const half = 256 * 256 * 512 * 0.5;
    expect(printed("console.log(await product()); console.log(await product());")).toBe(`${half}\n${half}\n`);
    expect(printed("console.log(await product()); process.exit(0);")).toBe(`${half}\n`);
  });

  it("computes alone where Node allows no workers", () => {
    const folder = fileURLToPath(new URL("../../../", import.meta.url));
    const flag = Number(process.versions.node.split(".")[0]) < 23 ? "--experimental-permission" : "--permission";
    const allowed = [flag, `--allow-fs-read=${folder}*`, "--no-warnings"];
    expect(printed("console.log(await product());", ...allowed)).toBe(`${256 * 256 * 512 * 0.5}\n`);
  });
});

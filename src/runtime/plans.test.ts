import { chmodSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { valueAndGrad } from "../autodiff/grad.ts";
import { nativeAvailability } from "../backends/cpu/native.ts";
import type { Storage } from "../backends/storage.ts";
import type { Traced } from "../compiler/compile.ts";
import { showProgram } from "../ir/print.ts";
import { tensor, zeros } from "../tensor/create.ts";
import { holdGraphs } from "../tensor/execution.ts";
import { inputNode } from "../tensor/ops/source.ts";
import { random } from "../tensor/random.ts";
import { Tensor } from "../tensor/tensor.ts";
import { compile } from "./compile.ts";
import "./install.ts";
import { loop } from "./loop.ts";
import { keepPlansAs, Recalled } from "./plans.ts";
import type { Prepared } from "./prepared.ts";
import { prepare } from "./prepared.ts";
import { scan } from "./scan.ts";
import { setDevice } from "./settings.ts";
import { decode, storageFrom } from "./values.ts";

let folder = "";
const { GRADSMITH_CACHE: usual } = process.env;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "gradsmith-plans-"));
  process.env.GRADSMITH_CACHE = folder;
  keepPlansAs("one");
});
afterEach(() => {
  keepPlansAs(undefined);
  setDevice({ device: "cpu", tier: "auto", threads: undefined });
  if (usual === undefined) delete process.env.GRADSMITH_CACHE;
  else process.env.GRADSMITH_CACHE = usual;
  rmSync(folder, { recursive: true, force: true });
});

const files = (kind: string): string[] =>
  existsSync(join(folder, "native")) ? readdirSync(join(folder, "native")).filter((name) => name.endsWith(kind)) : [];
const only = (kind: string): string => {
  const [name, ...others] = files(kind);
  expect(others).toEqual([]);
  return join(folder, "native", name!);
};

/** One step of gradient descent on a little network; traced anew at each call. */
function step({ name = "step", units = 8, rate = 0.1, donate = true } = {}): Traced {
  const types = [
    [4, 6],
    [4, 1],
    [6, units],
    [units, 1],
  ].map((shape) => ({ dtype: "f32" as const, shape }));
  const inputs = types.map((type, slot) => inputNode(slot, type));
  const [x, y, ...weights] = inputs.map((node) => new Tensor(node)) as [Tensor, Tensor, Tensor, Tensor];
  const outputs = holdGraphs(() => {
    const loss = ([a, b]: Tensor[]): Tensor => x.matmul(a!).tanh().matmul(b!).sub(y).square().mean();
    const { value, grads } = valueAndGrad(loss)(weights);
    return [value.node, ...weights.map((weight, i) => weight.sub(grads[i]!.mul(rate)).node)];
  });
  return {
    name,
    inputs,
    outputs,
    donations: new Map(
      donate
        ? [
            [1, 2],
            [2, 3],
          ]
        : [],
    ),
  };
}

async function resultsOf(prepared: Prepared, traced: Traced): Promise<number[][]> {
  await prepared.ready;
  const given: Storage[] = traced.inputs.map(({ type }, slot) =>
    storageFrom(
      Array.from({ length: type.shape.reduce((n, d) => n * d, 1) }, (_, i) => Math.sin(i + slot)),
      type,
    ),
  );
  return prepared.run(given, 3).map((storage, i) => [...decode(storage.peek(), traced.outputs[i]!.type.dtype)]);
}

/** Whether a program was found, and its kernels have not been looked at. */
const isRecalled = ({ compiled }: Prepared): boolean => compiled instanceof Recalled && !compiled.isWhole;

const tiers = ["wasm", ...(nativeAvailability().available ? ["native" as const] : [])] as const;

describe.each(tiers)("plans on %s", (tier) => {
  beforeEach(() => setDevice({ device: "cpu", tier }));

  const run = async (traced: Traced): Promise<{ found: boolean; results: number[][]; prepared: Prepared }> => {
    const prepared = prepare(traced, 1000);
    const results = await resultsOf(prepared, traced);
    return { found: isRecalled(prepared), results, prepared };
  };

  it("runs what was made before without compiling it, to the same bits as without a cache", async () => {
    keepPlansAs(undefined);
    const without = await run(step());
    expect([without.found, files(".plan")]).toEqual([false, []]);
    keepPlansAs("one");
    const first = await run(step());
    expect(first.found).toBe(false);
    expect(statSync(only(".plan")).mode & 0o777).toBe(0o600);
    const second = await run(step());
    expect(second.found).toBe(true);
    expect([first.results, second.results]).toEqual([without.results, without.results]);
    expect(second.prepared.memoryBytes).toBe(first.prepared.memoryBytes);
  });

  it("explains what it found as if it had been compiled, by compiling it", async () => {
    const first = await run(step());
    const { compiled } = (await run(step())).prepared;
    expect(showProgram(compiled!.program)).toBe(showProgram(first.prepared.compiled!.program));
    expect((compiled as Recalled).isWhole).toBe(true);
  });

  it.each([
    ["another rate", () => step({ rate: 0.2 })],
    ["another shape", () => step({ units: 9 })],
    ["another name", () => step({ name: "other" })],
    ["no donations", () => step({ donate: false })],
  ])("is not taken in by %s", async (_, other) => {
    await run(step());
    const { found, results } = await run(other());
    expect(found).toBe(false);
    keepPlansAs(undefined);
    expect(results).toEqual((await run(other())).results);
  });

  it("finds nothing of another build", async () => {
    await run(step());
    keepPlansAs("two");
    expect((await run(step())).found).toBe(false);
    expect(files(".plan")).toHaveLength(2);
  });

  it("makes a plan again that is cut short, changed anywhere, empty, or another's", async () => {
    const { results } = await run(step());
    const path = only(".plan");
    const whole = readFileSync(path);
    await run(step({ units: 9 }));
    const other = readFileSync(join(folder, "native", files(".plan").find((name) => !path.endsWith(name))!));
    const changed = (at: number): Buffer => Buffer.from(whole.map((byte, i) => (i === at ? byte ^ 1 : byte)));
    const middle = whole.length >> 1;
    for (const bad of [
      whole.subarray(0, middle),
      changed(0),
      changed(33),
      changed(middle),
      changed(whole.length - 1),
      Buffer.of(),
      other,
    ]) {
      writeFileSync(path, bad);
      const again = await run(step());
      expect([again.found, again.results]).toEqual([false, results]);
      expect(readFileSync(path).equals(whole)).toBe(true);
    }
    expect((await run(step())).found).toBe(true);
  });

  it.skipIf(process.platform === "win32")("does not read what others could have written", async () => {
    await run(step());
    chmodSync(only(".plan"), 0o622);
    expect((await run(step())).found).toBe(false);
  });

  it("works where nothing can be written", async () => {
    process.env.GRADSMITH_CACHE = join(folder, "file");
    writeFileSync(join(folder, "file"), "");
    expect((await run(step())).found).toBe(false);
    expect((await run(step())).found).toBe(false);
  });

  it("keeps loops and functions with tensors they closed over", async () => {
    const seen: number[][] = [];
    for (let time = 0; time < 2; time++) {
      const weights = random.normal([3, 3], { seed: 1 });
      const outside = tensor([1, 2, 3]);
      const f = compile((x: Tensor) =>
        scan(
          (carry: Tensor, row: Tensor) => {
            const next = carry.matmul(weights).add(row).tanh();
            return { carry: next, y: next.mul(outside) };
          },
          zeros([2, 3]),
          { xs: x },
        ).ys.sum({ axes: [1] }),
      );
      const x = tensor(
        Float32Array.from({ length: 30 }, (_, i) => Math.cos(i)),
        { shape: [5, 2, 3] },
      );
      await f.prepare(x);
      seen.push([...(await f(x).read())]);
      expect(files(".plan")).toHaveLength(1);
    }
    expect(seen[1]).toEqual(seen[0]);
  });

  it("trains a loop from where it is, whatever was kept", async () => {
    const losses: number[] = [];
    for (let time = 0; time < 2; time++) {
      const state = { w: random.normal([6, 6], { seed: 3 }), loss: zeros([]) };
      const trained = loop(
        ({ w }: typeof state) => {
          const { value, grads } = valueAndGrad((w: Tensor) => w.matmul(w).softmax().log().mean().neg().add(w.square().sum()))(w);
          return { w: w.sub(grads.mul(0.01)), loss: value };
        },
        state,
        {},
      );
      await trained.ready;
      trained.run(20);
      losses.push(Number(await trained.state.loss.item()));
    }
    expect(losses[1]).toBe(losses[0]);
  });
});

describe.runIf(tiers.length > 1)("plans of native programs", () => {
  beforeEach(() => setDevice({ device: "cpu", tier: "native" }));

  it("compiles again when the code is gone", async () => {
    const once = async (): Promise<[boolean, number[][]]> => {
      const traced = step();
      const prepared = prepare(traced, 1000);
      return [prepared.compiled instanceof Recalled, await resultsOf(prepared, traced)];
    };
    const [, results] = await once();
    for (const object of files(".node")) rmSync(join(folder, "native", object));
    expect(await once()).toEqual([false, results]);
    expect(await once()).toEqual([true, results]);
  });

  it("weighs a program on the rule's tier without compiling it twice over", async () => {
    setDevice({ tier: "auto" });
    const heavy = async (): Promise<Prepared> => {
      const traced = step();
      const prepared = prepare(traced, 1e9);
      await resultsOf(prepared, traced);
      return prepared;
    };
    const first = await heavy();
    expect([first.tier, isRecalled(first)]).toEqual(["native", false]);
    const second = await heavy();
    expect([second.tier, isRecalled(second), second.reason]).toEqual(["native", true, first.reason]);
    // The same program, run seldom: what was only weighed is compiled now.
    const light = step();
    const third = prepare(light, 1);
    const fourth = prepare(light, 1);
    expect([third.tier, await resultsOf(third, light)]).toEqual(["wasm", await resultsOf(fourth, light)]);
    expect(isRecalled(prepare(step(), 1))).toBe(true);
  });
});

it("a process keeps its first hundred", async () => {
  setDevice({ device: "cpu", tier: "wasm" });
  for (let i = 0; i < 103; i++)
    await tensor([1])
      .add(i + 0.5)
      .mul(2)
      .read();
  expect(files(".plan")).toHaveLength(100);
});

it("programs of several threads of WebAssembly are printed when they start, and not kept", async () => {
  setDevice({ device: "cpu", tier: "wasm", threads: 2 });
  const traced = step();
  await resultsOf(prepare(traced, 1000), traced);
  expect(files(".plan")).toEqual([]);
});

it("a recalled program has the compiler's outputs in the compiler's places", async () => {
  setDevice({ device: "cpu", tier: "wasm" });
  const traced = step();
  const first = prepare(traced, 1000);
  await resultsOf(first, traced);
  const second = prepare(traced, 1000);
  const { outputs, program } = second.compiled!;
  const { kernels, calls, ...outline } = program;
  expect(kernels.length).toBe(first.compiled!.program.kernels.length);
  expect(calls).toEqual(first.compiled!.program.calls);
  expect(outputs).toEqual(first.compiled!.outputs);
  expect(outline).toMatchObject({ arenaBytes: first.compiled!.program.arenaBytes, arguments: first.compiled!.program.arguments });
});

import { chmodSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { valueAndGrad } from "../../autodiff/grad.ts";
import type { Traced } from "../../compiler/compile.ts";
import { showProgram } from "../../ir/print.ts";
import { compile } from "../../runtime/compile.ts";
import { tensor, zeros } from "../../tensor/create.ts";
import { holdGraphs } from "../../tensor/execution.ts";
import { inputNode } from "../../tensor/ops/source.ts";
import { random } from "../../tensor/random.ts";
import { Tensor } from "../../tensor/tensor.ts";
import { nativeAvailability } from "./native.ts";
import "../../runtime/install.ts";
import { scan } from "../../autodiff/scan.ts";
import { byteLengthOf, decode } from "../../core/encoding.ts";
import { loop } from "../../runtime/loop.ts";
import { deviceSettings, setDevice } from "../../runtime/settings.ts";
import { CpuBackend } from "./cpu-backend.ts";
import type { CpuExecutable } from "./cpu-executable.ts";
import { nativePart } from "./native-part.ts";
import { keepPlansAs, planned, Recalled } from "./plans.ts";
import { Storage, storageFrom } from "./storage.ts";

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

const cpu = new CpuBackend({ native: nativePart, loader: planned });
const prepare = (traced: Traced, expectedRuns: number): CpuExecutable => cpu.load(traced, { expectedRuns, settings: deviceSettings() });

async function resultsOf(prepared: CpuExecutable, traced: Traced): Promise<number[][]> {
  await prepared.ready;
  const given: Storage[] = traced.inputs.map(({ type }, slot) =>
    storageFrom(
      Array.from({ length: type.shape.reduce((n, d) => n * d, 1) }, (_, i) => Math.sin(i + slot)),
      type,
    ),
  );
  const { outputs, donations } = traced;
  const fresh = outputs.map(({ type }, i) => (donations?.has(i) === true ? undefined : new Storage(byteLengthOf(type))));
  cpu.enqueue(prepared, [...given, ...fresh.filter((storage) => storage !== undefined)], 3);
  return outputs.map(({ type }, i) => [...decode((fresh[i] ?? given[donations!.get(i)!]!).peek(), type.dtype)]);
}

/** Whether a program was found, and its kernels have not been looked at. */
const isRecalled = ({ compiled }: CpuExecutable): boolean => compiled instanceof Recalled && !compiled.isWhole;

const tiers = ["wasm", ...(nativeAvailability().available ? ["native" as const] : [])] as const;

describe.each(tiers)("plans on %s", (tier) => {
  beforeEach(() => setDevice({ device: "cpu", tier }));

  const run = async (traced: Traced): Promise<{ found: boolean; results: number[][]; prepared: CpuExecutable }> => {
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

  it("takes the tier of the rule, and compiles for no other", async () => {
    setDevice({ tier: "auto" });
    const heavy = async (): Promise<CpuExecutable> => {
      const traced = step();
      const prepared = prepare(traced, 1e9);
      await resultsOf(prepared, traced);
      return prepared;
    };
    const first = await heavy();
    expect([first.explain().tier, isRecalled(first)]).toEqual(["native", false]);
    const second = await heavy();
    expect(isRecalled(second)).toBe(true);
    const { tier, reason } = second.explain();
    expect([tier, reason]).toEqual(["native", first.explain().reason]);
    // The same program, run seldom.
    const light = step();
    const third = prepare(light, 1);
    expect([third.explain().tier, isRecalled(third)]).toEqual(["wasm", false]);
    await resultsOf(third, light);
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

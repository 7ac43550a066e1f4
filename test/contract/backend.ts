import { describe, expect, it } from "vitest";
import type { Backend, Executable, Memory } from "../../src/backends/backend.ts";
import type { DeviceSettings, Tier } from "../../src/backends/settings.ts";
import type { Traced } from "../../src/compiler/compile.ts";
import { holdGraphs } from "../../src/tensor/execution.ts";
import { inputNode } from "../../src/tensor/ops/source.ts";
import { Tensor } from "../../src/tensor/tensor.ts";

const length = 5;
const settingsFor = (tier: Tier): DeviceSettings => ({ device: "cpu", tier, threads: undefined, relaxedSimd: true });

/** A traced function of vectors. */
function traced(count: number, fn: (...xs: Tensor[]) => Tensor[], donations = new Map<number, number>()): Traced {
  const inputs = Array.from({ length: count }, (_, slot) => inputNode(slot, { dtype: "f32", shape: [length] }));
  const outputs = holdGraphs(() => fn(...inputs.map((node) => new Tensor(node))));
  return { name: "contract", inputs, outputs: outputs.map(({ node }) => node), donations };
}

const doubled = traced(1, (x) => [x!.mul(2)]);
const sumAndProduct = traced(2, (x, y) => [x!.add(y!), x!.mul(y!)]);
const counting = traced(2, (x, y) => [x!.add(1), y!.add(x!)], new Map([[0, 0]]));
const twice = traced(1, (x) => [x!.mul(3), x!.mul(3)]);

const bytes = (...values: number[]): Uint8Array => new Uint8Array(Float32Array.from(values).buffer);

export interface BackendContractOptions {
  readonly tier?: Tier;
  /** Why this backend can't be tested here. */
  readonly missing?: string | undefined;
}

/** What the runtime counts on in every `Backend`. */
export function backendContract(name: string, make: () => Backend, { tier = "auto", missing }: BackendContractOptions = {}): void {
  describe.skipIf(missing !== undefined)(`${name} keeps the backends' contract${missing === undefined ? "" : ` (${missing})`}`, () => {
    const load = (backend: Backend, graph: Traced): Executable => backend.load(graph, { expectedRuns: 1000, settings: settingsFor(tier) });
    const empty = (backend: Backend): Memory => backend.allocate(4 * length);
    const read = async (backend: Backend, memory: Memory): Promise<number[]> => {
      return [...new Float32Array((await backend.read(memory)).slice().buffer)];
    };

    it("gives back the bytes it adopts, and what is written in their place", async () => {
      const backend = make();
      const x = backend.adopt(bytes(1, 2, 3, 4, 5));
      expect(x.byteLength).toBe(4 * length);
      const before = read(backend, x);
      backend.write(x, bytes(5, 4, 3, 2, 1));
      expect(await read(backend, x)).toEqual([5, 4, 3, 2, 1]);
      expect(await before, "what was read before the write").toEqual([1, 2, 3, 4, 5]);
    });

    it("gives away bytes that are the reader's own", async () => {
      const backend = make();
      const x = backend.adopt(bytes(1, 2, 3, 4, 5));
      (await backend.read(x)).fill(0);
      expect(await read(backend, x)).toEqual([1, 2, 3, 4, 5]);
    });

    it("runs what is queued in its order, before anyone waited", async () => {
      const backend = make();
      const [x, y, z] = [backend.adopt(bytes(1, 2, 3, 4, 5)), empty(backend), empty(backend)];
      const [double, both] = [load(backend, doubled), load(backend, sumAndProduct)];
      const product = empty(backend);
      backend.enqueue(double, [x, y], 1);
      backend.enqueue(both, [x, y, z, product], 1);
      backend.write(y, bytes(0, 0, 0, 0, 0));
      expect(await read(backend, z)).toEqual([3, 6, 9, 12, 15]);
      expect(await read(backend, product)).toEqual([2, 8, 18, 32, 50]);
      expect(await read(backend, x)).toEqual([1, 2, 3, 4, 5]);
      expect(await read(backend, y)).toEqual([0, 0, 0, 0, 0]);
    });

    it("carries donated memory from one time to the next, and none changes nothing", async () => {
      const backend = make();
      const [x, y, sum] = [backend.adopt(bytes(0, 0, 0, 0, 0)), backend.adopt(bytes(10, 20, 30, 40, 50)), empty(backend)];
      const count = load(backend, counting);
      backend.enqueue(count, [x, y, sum], 7);
      backend.enqueue(count, [x, y, sum], 0);
      expect(await read(backend, x)).toEqual([7, 7, 7, 7, 7]);
      // The last time began with 6.
      expect(await read(backend, sum)).toEqual([16, 26, 36, 46, 56]);
    });

    it("copies what is there when the copy's turn comes, and keeps both apart", async () => {
      const backend = make();
      const [x, y] = [backend.adopt(bytes(1, 2, 3, 4, 5)), empty(backend)];
      backend.enqueue(load(backend, doubled), [x, y], 1);
      const twin = backend.copy(y);
      backend.write(y, bytes(0, 0, 0, 0, 0));
      expect(await read(backend, twin)).toEqual([2, 4, 6, 8, 10]);
      expect(await read(backend, y)).toEqual([0, 0, 0, 0, 0]);
    });

    it("gives each result memory of its own, equal ones too", async () => {
      const backend = make();
      const [x, a, b] = [backend.adopt(bytes(1, 2, 3, 4, 5)), empty(backend), empty(backend)];
      backend.enqueue(load(backend, twice), [x, a, b], 1);
      backend.write(a, bytes(0, 0, 0, 0, 0));
      expect(await read(backend, b)).toEqual([3, 6, 9, 12, 15]);
    });

    it("waits for bytes that come later, and so does what is queued after them", async () => {
      const backend = make();
      const [x, y] = [empty(backend), empty(backend)];
      backend.write(x, new Promise((resolve) => setTimeout(() => resolve(bytes(1, 1, 2, 3, 5)), 20)));
      backend.enqueue(load(backend, doubled), [x, y], 1);
      expect(await read(backend, y)).toEqual([2, 2, 4, 6, 10]);
    });

    it("says to whoever reads why bytes did not come, and goes on", async () => {
      const backend = make();
      const [x, y, z] = [empty(backend), empty(backend), backend.adopt(bytes(1, 2, 3, 4, 5))];
      backend.write(x, Promise.reject(new Error("the other device is gone")));
      const double = load(backend, doubled);
      backend.enqueue(double, [x, y], 1);
      await expect(backend.read(y)).rejects.toThrow("the other device is gone");
      backend.enqueue(double, [z, y], 1);
      expect(await read(backend, y)).toEqual([2, 4, 6, 8, 10]);
    });

    it("explains where a program runs", async () => {
      const executable = load(make(), doubled);
      await executable.ready;
      const { tier: found, reason } = executable.explain();
      expect([typeof found, reason.length > 0]).toEqual(["string", true]);
    });
  });
}

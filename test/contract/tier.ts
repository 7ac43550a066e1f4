import { describe, expect, it } from "vitest";
import { Storage } from "../../src/backends/cpu/storage.ts";
import type { Tier } from "../../src/backends/cpu/tier.ts";
import type { Expr } from "../../src/ir/expr.ts";
import { add, constant, load, local, mul } from "../../src/ir/expr.ts";
import type { Kernel, KernelBuffer } from "../../src/ir/kernel.ts";
import type { Program } from "../../src/ir/program.ts";

export interface TierContractOptions {
  /** Why this backend can't be tested here. */
  readonly missing?: string | undefined;
}

const length = 5;
const i = local("i", "i32");
const element = (buffer: number): Expr => load(buffer, "f32", i);
const number = (value: number): Expr => constant(value, "f32");

/** One result for each element, stored to the last buffer. */
const map = (name: string, access: readonly KernelBuffer["access"][], value: Expr): Kernel => ({
  name,
  buffers: access.map((each) => ({ dtype: "f32", length, access: each })),
  range: { variable: "i", extent: length },
  body: [{ kind: "store", buffer: access.length - 1, index: i, value }],
  work: { operations: length, bytes: 4 * length * access.length },
});

const argument = { dtype: "f32", length, place: { kind: "argument" } } as const;
const alone = (kernel: Kernel): Program => ({
  name: kernel.name,
  kernels: [kernel],
  calls: [{ kernel: 0, buffers: kernel.buffers.map((_, buffer) => buffer) }],
  buffers: kernel.buffers.map(() => argument),
  arguments: kernel.buffers.map(({ access }, buffer) => ({ buffer, access: access as "read" | "write" | "update" })),
  arenaBytes: 0,
});

const doubled = alone(map("doubled", ["read", "write"], mul(element(0), number(2))));
const sum = alone(map("sum", ["read", "read", "write"], add(element(0), element(1))));
const increment = alone(map("increment", ["update"], add(element(0), number(1))));
/** y = (x + constants) + (x + constants), through a temporary, by one kernel called twice. */
const arena: Program = {
  name: "arena",
  kernels: [map("plus", ["read", "read", "write"], add(element(0), element(1)))],
  calls: [
    { kernel: 0, buffers: [0, 2, 3] },
    { kernel: 0, buffers: [3, 3, 1] },
  ],
  buffers: [
    argument,
    argument,
    { dtype: "f32", length, place: { kind: "constant", data: Float32Array.of(10, 20, 30, 40, 50), offset: 0 } },
    { dtype: "f32", length, place: { kind: "temporary", offset: 128 } },
  ],
  arguments: [
    { buffer: 0, access: "read" },
    { buffer: 1, access: "write" },
  ],
  arenaBytes: 256,
};

const filled = (...values: number[]): Storage => {
  const storage = new Storage(4 * length);
  floats(storage.bytes).set(values);
  return storage;
};
const floats = ({ buffer, byteOffset }: Uint8Array): Float32Array => new Float32Array(buffer, byteOffset, length);
const read = (storage: Storage): number[] => [...floats(storage.peek())];

/** What the cpu device counts on in every `Tier`. */
export function tierContract(name: string, make: () => Tier, { missing }: TierContractOptions = {}): void {
  describe.skipIf(missing !== undefined)(`${name} keeps the contract of tiers${missing === undefined ? "" : ` (${missing})`}`, () => {
    it("says what schedules must respect", () => {
      const { limits } = make().target;
      expect([1, 2, 4, 8, 16]).toContain(limits.lanes);
      expect(limits.registers).toBeGreaterThanOrEqual(8);
      expect(limits.cacheBytes[1]).toBeGreaterThanOrEqual(limits.cacheBytes[0]);
    });

    it("results can be read when run returns, and what is only read stays", async () => {
      const executable = make().compile(doubled);
      await executable.ready;
      const [x, y] = [filled(1, 2, 3, 4, 5), new Storage(4 * length)];
      executable.run([x, y], 1);
      expect(read(y)).toEqual([2, 4, 6, 8, 10]);
      expect(read(x)).toEqual([1, 2, 3, 4, 5]);
    });

    it("runs before anyone waited", () => {
      const [x, y] = [filled(1, 2, 3, 4, 5), new Storage(4 * length)];
      make().compile(doubled).run([x, y], 1);
      expect(read(y)).toEqual([2, 4, 6, 8, 10]);
    });

    it("repeats carry updated arguments along, and none changes nothing", () => {
      const executable = make().compile(increment);
      const x = filled(1, 2, 3, 4, 5);
      executable.run([x], 10);
      executable.run([x], 0);
      executable.run([x], 1);
      expect(read(x)).toEqual([12, 13, 14, 15, 16]);
    });

    it("sees what was written through bytes between runs", () => {
      const executable = make().compile(doubled);
      const [x, y] = [filled(1, 2, 3, 4, 5), new Storage(4 * length)];
      executable.run([x, y], 1);
      floats(x.bytes).set([7], 2);
      executable.run([x, y], 1);
      expect(read(y)).toEqual([2, 4, 14, 8, 10]);
    });

    it("two executables over one storage see each other's results", () => {
      const backend = make();
      const [twice, more] = [backend.compile(doubled), backend.compile(increment)];
      const [x, y] = [filled(1, 2, 3, 4, 5), new Storage(4 * length)];
      more.run([x], 1);
      twice.run([x, y], 1);
      more.run([y], 2);
      twice.run([y, x], 1);
      expect(read(x)).toEqual([12, 16, 20, 24, 28]);
    });

    it("takes one storage for two arguments that are read", () => {
      const [x, y] = [filled(1, 2, 3, 4, 5), new Storage(4 * length)];
      make().compile(sum).run([x, x, y], 1);
      expect(read(y)).toEqual([2, 4, 6, 8, 10]);
    });

    it("takes other storages at the next run and leaves the first ones' results alone", () => {
      const executable = make().compile(doubled);
      const [x, y, other, result] = [filled(1, 2, 3, 4, 5), new Storage(4 * length), filled(5, 4, 3, 2, 1), new Storage(4 * length)];
      executable.run([x, y], 1);
      executable.run([other, result], 1);
      executable.run([y, x], 1);
      expect(read(result)).toEqual([10, 8, 6, 4, 2]);
      expect(read(y)).toEqual([2, 4, 6, 8, 10]);
      expect(read(x)).toEqual([4, 8, 12, 16, 20]);
    });

    it("keeps constants and temporaries, apart for each executable", () => {
      const backend = make();
      const [one, two] = [backend.compile(arena), backend.compile(arena)];
      const [x, y, z] = [filled(1, 2, 3, 4, 5), new Storage(4 * length), new Storage(4 * length)];
      one.run([x, y], 3);
      two.run([y, z], 1);
      expect(read(y)).toEqual([22, 44, 66, 88, 110]);
      expect(read(z)).toEqual([64, 128, 192, 256, 320]);
    });

    it("refuses storages that don't fit its program", () => {
      const executable = make().compile(doubled);
      expect(() => executable.run([filled(1)], 1)).toThrow(expect.objectContaining({ code: "internal" }));
      expect(() => executable.run([filled(1), new Storage(4)], 1)).toThrow(expect.objectContaining({ code: "internal" }));
    });
  });
}

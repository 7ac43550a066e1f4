import { describe, expect, it } from "vitest";
import type { Expr } from "../../ir/expr.ts";
import { add, apply, constant, load, local, mul, splat } from "../../ir/expr.ts";
import type { Kernel, KernelBuffer, Statement } from "../../ir/kernel.ts";
import type { Program } from "../../ir/program.ts";
import { Storage } from "./storage.ts";
import { wasmTier } from "./wasm.ts";
import { wasmFeatures } from "./wasm-features.ts";

const i = local("i", "i32");
const four = mul(i, constant(4, "i32"));
const vector = (buffer: number): Expr => load(buffer, "f32", four, 4);
const broadcast = (value: number): Expr => splat(constant(value, "f32"), 4);

/** `f(x)` for every element, in vectors of four. */
function map(
  name: string,
  { length, result, buffers }: { length: number; result: Expr; buffers: readonly KernelBuffer["access"][] },
): Kernel {
  const body: Statement[] = [{ kind: "store", buffer: buffers.length - 1, index: four, value: result }];
  const kernelBuffers = buffers.map((access): KernelBuffer => ({ dtype: "f32", length, access }));
  return {
    name,
    buffers: kernelBuffers,
    range: { variable: "i", extent: length / 4 },
    body,
    work: { operations: length, bytes: 8 * length },
  };
}

/** All buffers of a kernel as arguments. */
function programOf(kernel: Kernel): Program {
  return {
    name: kernel.name,
    kernels: [kernel],
    calls: [{ kernel: 0, buffers: kernel.buffers.map((_, buffer) => buffer) }],
    buffers: kernel.buffers.map(({ dtype, length }) => ({ dtype, length, place: { kind: "argument" } })),
    arguments: kernel.buffers.map(({ access }, buffer) => ({ buffer, access: access as "read" | "write" | "update" })),
    arenaBytes: 0,
  };
}

const storageOf = (...values: number[]): Storage => {
  const array = Float32Array.from(values);
  return new Storage(array.byteLength, new Uint8Array(array.buffer));
};
const floats = (bytes: Uint8Array): number[] => [...new Float32Array(bytes.slice().buffer)];
const read = (storage: Storage): number[] => floats(storage.peek());

const double = programOf(map("double", { length: 4, result: mul(vector(0), broadcast(2)), buffers: ["read", "write"] }));
const increment = programOf(map("increment", { length: 4, result: add(vector(0), broadcast(1)), buffers: ["update"] }));

describe("wasm backend", () => {
  it("reads, writes and is ready, as plain arithmetic says", async () => {
    const executable = wasmTier().compile(double);
    await executable.ready;
    const [x, y] = [storageOf(1, 2, 3, 4), new Storage(16)];
    executable.run([x, y], 1);
    expect(read(y)).toEqual([2, 4, 6, 8]);
    expect(read(x)).toEqual([1, 2, 3, 4]);
  });

  it("runs before anyone waited for it", () => {
    const y = new Storage(16);
    wasmTier()
      .compile(double)
      .run([storageOf(1, 2, 3, 4), y], 1);
    expect(read(y)).toEqual([2, 4, 6, 8]);
  });

  it("carries updated arguments through repeated runs, and zero runs change nothing", () => {
    const executable = wasmTier().compile(increment);
    const x = storageOf(0, 10, 20, 30);
    executable.run([x], 0);
    expect(read(x)).toEqual([0, 10, 20, 30]);
    executable.run([x], 5);
    executable.run([x], 2);
    expect(read(x)).toEqual([7, 17, 27, 37]);
  });

  it("sees what was written through `bytes`, before and after the storage moved", () => {
    const executable = wasmTier().compile(increment);
    const x = storageOf(0, 0, 0, 0);
    new Float32Array(x.bytes.buffer)[0] = 5;
    executable.run([x], 1);
    const bytes = x.bytes;
    new Float32Array(bytes.buffer, bytes.byteOffset, 4)[1] = 50;
    executable.run([x], 1);
    expect(read(x)).toEqual([7, 51, 2, 2]);
  });

  it("copies an unchanged input in once, and again after it was written to", () => {
    const executable = wasmTier().compile(double);
    const x = storageOf(1, 2, 3, 4);
    const y = new Storage(16);
    executable.run([x, y], 1);
    // Changing the array behind the storage's back shows whether it was copied.
    new Float32Array(x.peek().buffer)[0] = 100;
    executable.run([x, y], 1);
    expect(read(y)).toEqual([2, 4, 6, 8]);
    new Float32Array(x.bytes.buffer)[0] = 100;
    executable.run([x, y], 1);
    expect(read(y)).toEqual([200, 4, 6, 8]);
  });

  it("gives a slot's newest bytes back before another storage takes its place", () => {
    const executable = wasmTier().compile(double);
    const results = [1, 2, 3].map((value) => {
      const y = new Storage(16);
      executable.run([storageOf(value, 0, 0, 0), y], 1);
      return y;
    });
    expect(results.map((y) => read(y)[0])).toEqual([2, 4, 6]);
  });

  it("shares storages between two executables, and swaps storages between the slots of one", () => {
    const backend = wasmTier();
    const [one, two] = [backend.compile(increment), backend.compile(double)];
    const [x, y] = [storageOf(1, 1, 1, 1), new Storage(16)];
    one.run([x], 1);
    two.run([x, y], 1);
    one.run([y], 1);
    one.run([x], 1);
    two.run([x, y], 1);
    expect([read(x)[0], read(y)[0]]).toEqual([3, 6]);
    const swap = backend.compile(
      programOf({
        ...map("two", { length: 4, result: mul(vector(1), broadcast(10)), buffers: ["update", "update"] }),
        body: [
          { kind: "store", buffer: 0, index: four, value: add(vector(0), broadcast(1)) },
          { kind: "store", buffer: 1, index: four, value: mul(vector(1), broadcast(10)) },
        ],
      }),
    );
    swap.run([x, y], 1);
    swap.run([y, x], 1);
    expect([read(x)[0], read(y)[0]]).toEqual([40, 61]);
  });

  it("keeps constants and temporaries in the arena, and calls one kernel on different buffers", () => {
    const scale = map("scale", { length: 4, result: mul(vector(0), vector(1)), buffers: ["read", "read", "write"] });
    const program: Program = {
      name: "powers",
      kernels: [scale],
      buffers: [
        { dtype: "f32", length: 4, place: { kind: "argument" } },
        { dtype: "f32", length: 4, place: { kind: "constant", offset: 0, data: Float32Array.of(1, 2, 3, 4) } },
        { dtype: "f32", length: 4, place: { kind: "temporary", offset: 128 } },
        { dtype: "f32", length: 4, place: { kind: "argument" } },
      ],
      calls: [
        { kernel: 0, buffers: [0, 1, 2] },
        { kernel: 0, buffers: [2, 1, 3] },
      ],
      arguments: [
        { buffer: 0, access: "read" },
        { buffer: 3, access: "write" },
      ],
      arenaBytes: 256,
    };
    const y = new Storage(16);
    wasmTier()
      .compile(program)
      .run([storageOf(1, 1, 1, 1), y], 1);
    expect(read(y)).toEqual([1, 4, 9, 16]);
  });

  it("compiles a large program in the background and computes what plain arithmetic says", async () => {
    const kernels = Array.from({ length: 1200 }, (_, n) =>
      map(`add_${n}`, { length: 4, result: add(vector(0), broadcast(n)), buffers: ["update"] }),
    );
    const program: Program = { ...programOf(kernels[0]!), kernels, calls: kernels.map((_, kernel) => ({ kernel, buffers: [0] })) };
    const executable = wasmTier().compile(program);
    expect(executable.printed.bytes.length).toBeGreaterThan(65536);
    const early = storageOf(0, 0, 0, 0);
    executable.run([early], 1);
    await executable.ready;
    executable.run([early], 1);
    expect(read(early)).toEqual([1438800, 1438800, 1438800, 1438800]);
  });

  it("fuses products and sums, negated ones too, only when asked: the error of the product tells", () => {
    const x = Math.fround(1 + 2 ** -12);
    const run = (relaxedSimd: boolean, sign: 1 | -1): number => {
      const factor = sign === 1 ? vector(0) : apply("neg", vector(0));
      const result = apply("fma", factor, vector(0), broadcast(-sign));
      const y = new Storage(16);
      wasmTier({ relaxedSimd })
        .compile(programOf(map("square", { length: 4, result, buffers: ["read", "write"] })))
        .run([storageOf(x, x, x, x), y], 1);
      return read(y)[0]!;
    };
    const rounded = Math.fround(Math.fround(x * x) - 1);
    for (const sign of [1, -1] as const) {
      expect(run(false, sign)).toBe(sign * rounded);
      if (wasmFeatures().relaxedSimd) expect([rounded, Math.fround(x * x - 1)]).toContain(sign * run(true, sign));
    }
  });

  it("says how much memory is missing", async () => {
    const huge = programOf(map("huge", { length: 2 ** 30, result: vector(0), buffers: ["read", "write"] }));
    const executable = wasmTier().compile(huge);
    const message = "[wasm] program huge needs 8193 MiB, and WebAssembly has 4096. Use a smaller batch, or the native tier.";
    await expect(executable.ready).rejects.toThrow(message);
    expect(() => executable.run([], 1)).toThrow(message);
  });

  it("finds SIMD, and relaxed SIMD without asking the environment for a flag twice", () => {
    expect(wasmFeatures().simd).toBe(true);
    expect(wasmFeatures()).toEqual(wasmFeatures());
    expect(wasmTier().relaxedSimd).toBe(wasmFeatures().relaxedSimd);
  });

  it("stays flat in memory over 2000 programs and 20000 runs", async () => {
    const backend = wasmTier();
    const kept = backend.compile(double);
    const before = process.memoryUsage();
    for (let n = 0; n < 2000; n++) {
      const y = new Storage(16);
      backend.compile(double).run([storageOf(n, 0, 0, 0), y], 1);
      for (let k = 0; k < 10; k++) kept.run([y, new Storage(16)], 1);
      if (n % 100 === 0) await new Promise((resolve) => setTimeout(resolve, 0));
    }
    const after = process.memoryUsage();
    expect(after.rss - before.rss).toBeLessThan(400 * 2 ** 20);
  });
});

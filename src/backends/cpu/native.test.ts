import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import type { DType, TypedArray } from "../../core/dtype.ts";
import { bytesOf } from "../../core/dtype.ts";
import { GradsmithError } from "../../core/errors.ts";
import type { Expr } from "../../ir/expr.ts";
import { across, add, cast, constant, fma, less, load, local, mul, ramp, select, splat, sub } from "../../ir/expr.ts";
import type { Kernel, Statement } from "../../ir/kernel.ts";
import type { Program } from "../../ir/program.ts";
import { isThreaded } from "../../targets/c/print.ts";
import { type NativeExecutable, type NativeTier, nativeAvailability, nativeTier } from "./native.ts";
import { Storage } from "./storage.ts";

const { available, reason } = nativeAvailability();
const i32 = (value: number): Expr => constant(value, "i32");
const f32 = (value: number): Expr => constant(value, "f32");
const i = local("i", "i32");

const views = {
  f32: Float32Array,
  f64: Float64Array,
  i32: Int32Array,
  u32: Uint32Array,
  f16: Uint16Array,
  bf16: Uint16Array,
  u8: Uint8Array,
  bool: Uint8Array,
};
function view(storage: Storage, dtype: DType): TypedArray {
  const { buffer, byteOffset, byteLength } = storage.bytes;
  return new views[dtype](buffer as ArrayBuffer, byteOffset, byteLength / bytesOf(dtype));
}
function storageOf(dtype: DType, values: ArrayLike<number>): Storage {
  const storage = new Storage(values.length * bytesOf(dtype));
  view(storage, dtype).set(values);
  return storage;
}
const read = (storage: Storage, dtype: DType): number[] => [...view(storage, dtype)];

/** A program of one kernel, whose buffers (but scratch) are its arguments. */
function programOf(kernel: Omit<Kernel, "name" | "work"> & { readonly work?: Kernel["work"] }, name = "test"): Program {
  const passed = kernel.buffers.filter((buffer) => buffer.access !== "scratch");
  return {
    name,
    buffers: passed.map(({ dtype, length }) => ({ dtype, length, place: { kind: "argument" } })),
    kernels: [{ name, work: { operations: 1, bytes: 1 }, ...kernel }],
    calls: [{ kernel: 0, buffers: passed.map((_, k) => k) }],
    arguments: passed.map(({ access }, buffer) => ({ buffer, access: access as "read" | "write" | "update" })),
    arenaBytes: 64,
  };
}
/** Copies buffer 0 to buffer 1, or what `change` makes of it. */
function mapProgram(
  from: DType,
  to: DType,
  { length, lanes, register, change }: { length: number; lanes: number; register: "f32" | "u32" | "bool"; change: (x: Expr) => Expr },
): Program {
  const at = mul(i, i32(lanes));
  return programOf({
    buffers: [
      { dtype: from, length, access: "read" },
      { dtype: to, length, access: "write" },
    ],
    range: { variable: "i", extent: length / lanes },
    body: [{ kind: "store", buffer: 1, index: at, value: change(load(0, register, at, lanes)) }],
  });
}

const environment = { ...process.env };
const temporary: string[] = [];
function directory(): string {
  const path = mkdtempSync(join(tmpdir(), "gradsmith-test-"));
  temporary.push(path);
  return path;
}
afterEach(() => {
  for (const name of ["CC", "GRADSMITH_CACHE", "GRADSMITH_THREADS", "TMPDIR"]) {
    if (environment[name] === undefined) delete process.env[name];
    else process.env[name] = environment[name];
  }
  for (const path of temporary.splice(0)) rmSync(path, { recursive: true, force: true });
});

describe.skipIf(!available)(`native backend (${reason})`, () => {
  const backend = available ? nativeTier({ threads: 2 }) : (undefined as unknown as NativeTier);

  it("reads all 65536 halves as IEEE 754 defines them", () => {
    const halves = Uint16Array.from({ length: 65536 }, (_, k) => k);
    const meaning = (h: number): number => {
      const [sign, exponent, fraction] = [h & 0x8000 ? -1 : 1, (h >> 10) & 31, h & 1023];
      if (exponent === 31) return fraction === 0 ? sign * Infinity : Number.NaN;
      return sign * (exponent === 0 ? fraction * 2 ** -24 : (1 + fraction / 1024) * 2 ** (exponent - 15));
    };
    for (const lanes of [1, 8, 16]) {
      const result = new Storage(65536 * 4);
      backend
        .compile(mapProgram("f16", "f32", { length: 65536, lanes, register: "f32", change: (x) => x }))
        .run([storageOf("f16", halves), result], 1);
      const wrong = read(result, "f32").filter((x, h) => !Object.is(x, meaning(h)));
      expect(wrong).toEqual([]);
    }
  });

  it("rounds to halves to nearest even: each half, and each midpoint and its neighbours, against exact arithmetic", () => {
    const positive = Array.from({ length: 0x7c01 }, (_, h) => (h < 1024 ? h * 2 ** -24 : (1 + (h & 1023) / 1024) * 2 ** ((h >> 10) - 15)));
    const cases: { x: number; wanted: number }[] = [];
    const bits = new Int32Array(1);
    const next = (x: number, by: number): number => {
      new Float32Array(bits.buffer)[0] = x;
      bits[0]! += by;
      return new Float32Array(bits.buffer)[0]!;
    };
    for (let h = 0; h < 0x7c00; h++) {
      const middle = (positive[h]! + positive[h + 1]!) / 2;
      cases.push(
        { x: positive[h]!, wanted: h },
        { x: middle, wanted: h + (h & 1) },
        { x: next(middle, -1), wanted: h },
        { x: next(middle, 1), wanted: h + 1 },
      );
    }
    cases.push(
      { x: 1e9, wanted: 0x7c00 },
      { x: Infinity, wanted: 0x7c00 },
      { x: -Infinity, wanted: 0xfc00 },
      { x: -0, wanted: 0x8000 },
      { x: -1.5, wanted: 0xbe00 },
    );
    while (cases.length % 16 !== 0) cases.push({ x: 0, wanted: 0 });
    for (const lanes of [1, 8, 16]) {
      const result = new Storage(cases.length * 2);
      backend.compile(mapProgram("f32", "f16", { length: cases.length, lanes, register: "f32", change: (x) => x })).run(
        [
          storageOf(
            "f32",
            cases.map(({ x }) => x),
          ),
          result,
        ],
        1,
      );
      const wrong = read(result, "f16").flatMap((h, k) => (h === cases[k]!.wanted ? [] : [`${cases[k]!.x}: ${h} for ${cases[k]!.wanted}`]));
      expect(wrong).toEqual([]);
    }
    const nan = new Storage(32);
    backend
      .compile(mapProgram("f32", "f16", { length: 16, lanes: 16, register: "f32", change: (x) => x }))
      .run([storageOf("f32", new Array(16).fill(Number.NaN)), nan], 1);
    expect(read(nan, "f16").every((h) => (h & 0x7c00) === 0x7c00 && (h & 0x3ff) !== 0)).toBe(true);
  });

  it("bf16 is the upper half of a float, rounded to nearest even", () => {
    const words = Uint32Array.of(
      0x3f800000,
      0x3f808000,
      0x3f818000,
      0x3f808001,
      0x7f800000,
      0xff800000,
      0x7f800001,
      0x7fffffff,
      0x80000000,
      0x7f7fffff,
      0x40490fdb,
      0x00000000,
      0xbf807fff,
      0x3f80ffff,
      0x42280000,
      0xc2280000,
    );
    const wanted = [
      0x3f80, 0x3f80, 0x3f82, 0x3f81, 0x7f80, 0xff80, 0x7fc0, 0x7fff, 0x8000, 0x7f80, 0x4049, 0, 0xbf80, 0x3f81, 0x4228, 0xc228,
    ];
    for (const lanes of [1, 4, 8, 16]) {
      const [shrunk, grown] = [new Storage(32), new Storage(64)];
      backend
        .compile(mapProgram("f32", "bf16", { length: 16, lanes, register: "f32", change: (x) => x }))
        .run([storageOf("u32", words), shrunk], 1);
      expect(read(shrunk, "bf16")).toEqual(wanted);
      backend.compile(mapProgram("bf16", "f32", { length: 16, lanes, register: "f32", change: (x) => x })).run([shrunk, grown], 1);
      expect(read(grown, "u32")).toEqual(wanted.map((h) => (h << 16) >>> 0));
    }
  });

  it("bytes widen to numbers and wrap when stored; bools are stored as 0 and 1", () => {
    const bytes = Uint8Array.from({ length: 256 }, (_, k) => k);
    for (const lanes of [1, 2, 4, 8, 16, 32]) {
      const [tripled, signs, asFloat] = [new Storage(256), new Storage(256), new Storage(1024)];
      backend
        .compile(mapProgram("u8", "u8", { length: 256, lanes, register: "u32", change: (x) => mul(x, constant(3, "u32")) }))
        .run([storageOf("u8", bytes), tripled], 1);
      backend
        .compile(mapProgram("u8", "bool", { length: 256, lanes, register: "u32", change: (x) => less(constant(99, "u32"), x) }))
        .run([storageOf("u8", bytes), signs], 1);
      backend
        .compile(mapProgram("bool", "f32", { length: 256, lanes, register: "bool", change: (x) => select(x, f32(2.5), f32(-1)) }))
        .run([signs, asFloat], 1);
      expect(read(tripled, "u8")).toEqual([...bytes].map((x) => (3 * x) & 255));
      expect(read(signs, "bool")).toEqual([...bytes].map((x) => (x > 99 ? 1 : 0)));
      expect(read(asFloat, "f32")).toEqual([...bytes].map((x) => (x > 99 ? 2.5 : -1)));
    }
  });

  it.each(["f32", "f64", "i32", "f16", "u8"] as const)("a store of the first lanes of %s touches nothing after them", (dtype) => {
    const counts = Array.from({ length: 15 }, (_, k) => k + 1);
    const register = dtype === "f16" ? "f32" : dtype === "u8" ? "u32" : dtype;
    const body: Statement[] = counts.flatMap((count) => [
      { kind: "store", buffer: 0, index: i32(32 * count + 1), value: splat(constant(1, register), 16), count },
    ]);
    const storage = storageOf(dtype, new Array(512).fill(9));
    backend
      .compile(programOf({ buffers: [{ dtype, length: 512, access: "update" }], range: { variable: "i", extent: 1 }, body }))
      .run([storage], 1);
    const one = dtype === "f16" ? 0x3c00 : 1;
    expect(read(storage, dtype)).toEqual(
      Array.from({ length: 512 }, (_, k) => (k >= 32 && k % 32 >= 1 && k % 32 <= Math.floor(k / 32) ? one : 9)),
    );
  });

  it("scatters the first lanes in order, as a JavaScript loop does", () => {
    const index = [3, 7, 7, 0, 12, 1, 1, 1, 15, 14, 2, 4, 5, 6, 8, 9];
    const [target, values] = [
      new Storage(64),
      storageOf(
        "f32",
        index.map((_, k) => k + 0.5),
      ),
    ];
    const body: Statement[] = [
      { kind: "store", buffer: 2, index: load(1, "i32", i32(0), 16), value: load(0, "f32", i32(0), 16), count: 9 },
    ];
    const read16 = (dtype: DType): Kernel["buffers"][number] => ({ dtype, length: 16, access: "read" });
    backend
      .compile(
        programOf({
          buffers: [read16("f32"), read16("i32"), { dtype: "f32", length: 16, access: "write" }],
          range: { variable: "i", extent: 1 },
          body,
        }),
      )
      .run([values, storageOf("i32", index), target], 1);
    const wanted = new Array<number>(16).fill(0);
    for (let k = 0; k < 9; k++) wanted[index[k]!] = k + 0.5;
    expect(read(target, "f32")).toEqual(wanted);
  });

  /** Rows of 37 floats summed 16 at a time with a masked tail, kept in scratch, then divided by their sum. */
  function rows(count: number, work?: Kernel["work"]): Program {
    const j = local("j", "i32");
    const at = add(mul(i, i32(37)), j);
    const tail = select(less(ramp(i32(32), 1, 16), i32(37)), load(0, "f32", add(mul(i, i32(37)), i32(32)), 16), f32(0));
    const body: Statement[] = [
      { kind: "declare", name: "float", value: splat(f32(0), 16) },
      {
        kind: "loop",
        variable: "j",
        start: i32(0),
        end: i32(32),
        step: 16,
        body: [
          { kind: "store", buffer: 2, index: j, value: load(0, "f32", at, 16) },
          { kind: "assign", name: "float", value: add(local("float", "f32", 16), load(2, "f32", j, 16)) },
        ],
      },
      { kind: "let", name: "tail", value: tail },
      { kind: "let", name: "total", value: across("add", add(local("float", "f32", 16), local("tail", "f32", 16))) },
      {
        kind: "if",
        condition: less(f32(0), local("total", "f32")),
        body: [
          {
            kind: "loop",
            variable: "k",
            start: i32(0),
            end: i32(37),
            step: 1,
            body: [
              {
                kind: "store",
                buffer: 1,
                index: add(mul(i, i32(37)), local("k", "i32")),
                value: cast(mul(load(0, "f32", add(mul(i, i32(37)), local("k", "i32"))), f32(2)), "f32"),
              },
            ],
          },
          { kind: "store", buffer: 3, index: i, value: local("total", "f32") },
        ],
      },
    ];
    return programOf(
      {
        buffers: [
          { dtype: "f32", length: 37 * count, access: "read" },
          { dtype: "f32", length: 37 * count, access: "write" },
          { dtype: "f32", length: 32, access: "scratch" },
          { dtype: "f32", length: count, access: "write" },
        ],
        range: { variable: "i", extent: count },
        body,
        ...(work === undefined ? {} : { work }),
      },
      "rows",
    );
  }
  const rowValues = (count: number): number[] => Array.from({ length: 37 * count }, (_, k) => Math.fround(Math.sin(k) + 0.3));

  it("loops, registers, scratch, masks and conditions agree with JavaScript loops", () => {
    const values = rowValues(50);
    const [doubled, totals] = [new Storage(37 * 50 * 4), new Storage(200)];
    backend.compile(rows(50)).run([storageOf("f32", values), doubled, totals], 1);
    for (let r = 0; r < 50; r++) {
      const row = values.slice(37 * r, 37 * r + 37);
      const total = row.reduce((sum, x) => sum + x, 0);
      const isKept = total > 0;
      expect(view(totals, "f32")[r]).toBeCloseTo(isKept ? total : 0, 4);
      expect(read(doubled, "f32").slice(37 * r, 37 * r + 37)).toEqual(row.map((x) => (isKept ? 2 * x : 0)));
    }
  });

  it("gives the same bits on one thread and on several, with repeated calls and late threads", () => {
    const count = 5000;
    const program = rows(count, { operations: 1e7, bytes: 1e7 });
    expect(isThreaded(program.kernels[0]!)).toBe(true);
    const input = storageOf("f32", rowValues(count));
    const [alone, together] = [1, 3].map((threads) => {
      const executable = nativeTier({ threads }).compile(program);
      const outputs = [new Storage(37 * count * 4), new Storage(count * 4)] as const;
      for (let k = 0; k < 20; k++) {
        outputs[0].bytes.fill(0);
        executable.run([input, ...outputs], 1 + (k % 3));
      }
      return outputs.map((storage) => Buffer.from(storage.bytes).toString("base64"));
    });
    expect(together).toEqual(alone);
  });

  it("scratch too large for a stack is used by every thread on its own", () => {
    const length = 200_000;
    const j = local("j", "i32");
    const program = programOf({
      buffers: [
        { dtype: "f32", length: 64, access: "write" },
        { dtype: "f32", length, access: "scratch" },
      ],
      range: { variable: "i", extent: 64 },
      work: { operations: 1e9, bytes: 1e9 },
      body: [
        {
          kind: "loop",
          variable: "j",
          start: i32(0),
          end: i32(length),
          step: 1,
          body: [{ kind: "store", buffer: 1, index: j, value: cast(i, "f32") }],
        },
        { kind: "declare", name: "sum", value: f32(0) },
        {
          kind: "loop",
          variable: "k",
          start: i32(0),
          end: i32(length),
          step: 1000,
          body: [{ kind: "assign", name: "sum", value: add(local("sum", "f32"), load(1, "f32", local("k", "i32"))) }],
        },
        { kind: "store", buffer: 0, index: i, value: local("sum", "f32") },
      ],
    });
    const result = new Storage(256);
    backend.compile(program).run([result], 1);
    expect(read(result, "f32")).toEqual(Array.from({ length: 64 }, (_, k) => 200 * k));
  });

  it("carries update arguments through repeated steps, with temporaries and constants in the arena", () => {
    const at = mul(i, i32(4));
    const whole = (access: "read" | "write" | "update"): Kernel["buffers"][number] => ({ dtype: "f32", length: 8, access });
    const work = { operations: 8, bytes: 64 };
    const program: Program = {
      name: "step",
      buffers: [
        { dtype: "f32", length: 8, place: { kind: "argument" } },
        { dtype: "f32", length: 8, place: { kind: "temporary", offset: 0 } },
        { dtype: "f32", length: 8, place: { kind: "constant", offset: 128, data: Float32Array.of(1, 2, 3, 4, 5, 6, 7, 8) } },
      ],
      kernels: [
        {
          name: "half",
          buffers: [whole("read"), whole("write")],
          range: { variable: "i", extent: 2 },
          work,
          body: [{ kind: "store", buffer: 1, index: at, value: mul(load(0, "f32", at, 4), f32(0.5)) }],
        },
        {
          name: "plus",
          buffers: [whole("update"), whole("read"), whole("read")],
          range: { variable: "i", extent: 2 },
          work,
          body: [{ kind: "store", buffer: 0, index: at, value: fma(load(1, "f32", at, 4), f32(1), load(2, "f32", at, 4)) }],
        },
      ],
      calls: [
        { kernel: 0, buffers: [0, 1] },
        { kernel: 1, buffers: [0, 1, 2] },
      ],
      arguments: [{ buffer: 0, access: "update" }],
      arenaBytes: 256,
    };
    const state = storageOf("f32", new Array(8).fill(64));
    const executable = backend.compile(program);
    executable.run([state], 5);
    executable.run([state], 3);
    const wanted = Array.from({ length: 8 }, (_, k) => {
      let x = 64;
      for (let n = 0; n < 8; n++) x = x / 2 + k + 1;
      return x;
    });
    expect(read(state, "f32")).toEqual(wanted);
  });

  it("kernels given overlapping memory read before they write", () => {
    const program: Program = {
      name: "in place",
      buffers: [
        { dtype: "f32", length: 4, place: { kind: "argument" } },
        { dtype: "f32", length: 4, place: { kind: "temporary", offset: 0 } },
        { dtype: "f32", length: 4, place: { kind: "temporary", offset: 0 } },
      ],
      kernels: [
        {
          name: "next",
          buffers: [
            { dtype: "f32", length: 4, access: "read" },
            { dtype: "f32", length: 4, access: "write" },
          ],
          range: { variable: "i", extent: 4 },
          work: { operations: 4, bytes: 32 },
          body: [
            { kind: "store", buffer: 1, index: i, value: add(load(0, "f32", i), f32(1)) },
            { kind: "store", buffer: 1, index: i, value: add(load(0, "f32", i), f32(1)) },
          ],
        },
      ],
      calls: [
        { kernel: 0, buffers: [0, 1] },
        { kernel: 0, buffers: [1, 2] },
        { kernel: 0, buffers: [2, 0] },
      ],
      arguments: [{ buffer: 0, access: "update" }],
      arenaBytes: 128,
    };
    const state = storageOf("f32", [0, 10, 20, 30]);
    backend.compile(program).run([state], 1);
    // 0 -> 1 (twice from 0), 1 -> 2 -> 3 (the second store sees the first), 3 -> 4.
    expect(read(state, "f32")).toEqual([4, 14, 24, 34]);
  });

  it("counts subnormals as zero inside a run and leaves JavaScript's alone", () => {
    const result = new Storage(64);
    backend
      .compile(mapProgram("f32", "f32", { length: 16, lanes: 16, register: "f32", change: (x) => mul(x, f32(0.5)) }))
      .run([storageOf("f32", new Array(16).fill(2 ** -126)), result], 1);
    expect(read(result, "f32")).toEqual(new Array(16).fill(0));
    expect(Number.MIN_VALUE * 1).toBeGreaterThan(0);
  });

  it("aligns the bytes of storages made after the first program is loaded, and leaves slack behind them", async () => {
    process.env.GRADSMITH_CACHE = directory();
    await nativeTier({ threads: 1 }).compile(mapProgram("f32", "f32", { length: 16, lanes: 16, register: "f32", change: (x) => x })).ready;
    const folder = join(process.env.GRADSMITH_CACHE, "native");
    const module = { exports: {} as { address(bytes: Uint8Array): number } };
    process.dlopen(module, join(folder, readdirSync(folder).find((name) => name.endsWith(".node"))!));
    for (const size of [4, 100, 5000, 1e6]) {
      const { bytes } = new Storage(size);
      expect(module.exports.address(bytes) % 64).toBe(0);
      expect(bytes.buffer.byteLength - bytes.byteOffset - size).toBeGreaterThanOrEqual(64);
    }
  });

  it("moves bytes it is given to an aligned address: within their buffer if it has room, else, if they are few, to another", async () => {
    const half = (length: number) =>
      nativeTier({ threads: 1 }).compile(mapProgram("f32", "f32", { length, lanes: 16, register: "f32", change: (x) => mul(x, f32(0.5)) }));
    const results = (executable: { run(storages: readonly Storage[], repeat: number): void }, given: Storage): number[] => {
      const result = new Storage(given.byteLength);
      executable.run([given, result], 1);
      return read(result, "f32");
    };
    const [small, large] = [half(1024), half(2 ** 22)];
    for (const shift of [0, 4, 8, 60]) {
      const roomy = new Float32Array(new ArrayBuffer(4096 + 192), shift, 1024).map((_, i) => i);
      const tight = roomy.slice();
      const given = new Uint8Array(roomy.buffer, roomy.byteOffset, 4096);
      const inPlace = new Storage(4096, given);
      expect(results(small, inPlace)).toEqual([...tight].map((x) => x / 2));
      const elsewhere = new Storage(4096, new Uint8Array(tight.buffer));
      expect(results(small, elsewhere)).toEqual([...tight].map((x) => x / 2));
      expect([...new Float32Array(elsewhere.peek().slice().buffer)]).toEqual([...tight]);
    }
    // Two cache lines short of whole pages: what is read behind the end is in the same page.
    const many = new Float32Array(2 ** 22).fill(3);
    const stays = new Storage(many.byteLength, new Uint8Array(many.buffer));
    const halved = new Storage(stays.byteLength);
    large.run([stays, halved], 1);
    expect(new Set(view(halved, "f32"))).toEqual(new Set([1.5]));
  });

  it("finds a compiled program in its cache, and makes a damaged one again", async () => {
    process.env.GRADSMITH_CACHE = directory();
    const program = mapProgram("f32", "f32", { length: 16, lanes: 4, register: "f32", change: (x) => sub(x, f32(Math.random())) });
    await nativeTier().compile(program).ready;
    const folder = join(process.env.GRADSMITH_CACHE, "native");
    const files = readdirSync(folder);
    const [object] = files.filter((name) => name.endsWith(".node"));
    expect(files).toHaveLength(2);
    await nativeTier().compile(program).ready;
    expect(readdirSync(folder)).toEqual(files);
    const path = join(folder, object!);
    const whole = readFileSync(path);
    const foreign = Buffer.from(whole);
    // The machine it was compiled for, and the code itself.
    foreign[18]! ^= 255;
    const spoilt = Buffer.from(whole).fill(0, 0x1000);
    // The system's loader finds fault with the first and the fourth; loading the second or the last ends the process.
    for (const damaged of [Buffer.from("not a shared object"), whole.subarray(0, 0x1000), whole.subarray(0, -0x1000), foreign, spoilt]) {
      // Not written over: what this process has loaded must stay as it was.
      rmSync(path);
      writeFileSync(path, damaged, { mode: 0o700 });
      const result = new Storage(64);
      const again = nativeTier().compile(program);
      await again.ready;
      again.run([storageOf("f32", new Array(16).fill(2)), result], 1);
      expect(read(result, "f32")[0]).toBeGreaterThan(1);
      expect(readdirSync(folder)).toEqual(files);
      expect(readFileSync(path)).toEqual(whole);
    }
  });

  it.skipIf(process.getuid?.() === 0)("works without a cache it may write to", async () => {
    process.env.GRADSMITH_CACHE = directory();
    chmodSync(process.env.GRADSMITH_CACHE, 0o500);
    process.env.TMPDIR = directory();
    const result = new Storage(64);
    nativeTier()
      .compile(mapProgram("f32", "f32", { length: 16, lanes: 4, register: "f32", change: (x) => x }))
      .run([storageOf("f32", new Array(16).fill(3)), result], 1);
    expect(read(result, "f32")[0]).toBe(3);
  });

  it("works with a cache that is a file", () => {
    const path = join(directory(), "file");
    writeFileSync(path, "");
    process.env.GRADSMITH_CACHE = path;
    process.env.TMPDIR = directory();
    const result = new Storage(64);
    nativeTier()
      .compile(mapProgram("f32", "f32", { length: 16, lanes: 4, register: "f32", change: (x) => x }))
      .run([storageOf("f32", new Array(16).fill(3)), result], 1);
    expect(read(result, "f32")[0]).toBe(3);
  });

  it("reports a compiler that breaks while compiling, when awaited and when run", async () => {
    const folder = directory();
    process.env.GRADSMITH_CACHE = folder;
    process.env.CC = join(folder, "cc");
    writeFileSync(
      process.env.CC,
      '#!/bin/sh\ncase "$*" in *-dM*) echo "#define __GNUC__ 99";; *) echo "internal error: out of ideas" >&2; exit 4;; esac\n',
      { mode: 0o755 },
    );
    const executable = nativeTier().compile(mapProgram("f32", "f32", { length: 16, lanes: 4, register: "f32", change: (x) => x }));
    const message =
      "[native] test could not be compiled with gcc : internal error: out of ideas. Use the wasm tier (GRADSMITH_CPU=wasm), or set CC to a compiler that works.";
    await expect(executable.ready).rejects.toThrow(message);
    expect(() => executable.run([new Storage(64), new Storage(64)], 1)).toThrow(message);
    const other = nativeTier().compile(mapProgram("f32", "f32", { length: 32, lanes: 4, register: "f32", change: (x) => x }));
    expect(() => other.run([new Storage(128), new Storage(128)], 1)).toThrow(GradsmithError);
    await expect(other.ready).rejects.toThrow("out of ideas");
  });

  it("compiles a large program in pieces side by side, and one compiler's answer is that of several", async () => {
    const folder = directory();
    process.env.GRADSMITH_CACHE = folder;
    process.env.CC = join(folder, "cc");
    writeFileSync(process.env.CC, `#!/bin/sh\necho "$@" >> ${folder}/calls\nexec cc "$@"\n`, { mode: 0o755 });
    // Long sums, each of its own, as 16 kernels that add to one result.
    const kernels = Array.from({ length: 16 }, (_, k) => {
      let value: Expr = load(0, "f32", i, 1);
      for (let n = 0; n < 250; n++) value = add(mul(value, constant(1 - k / 1000 - n / 9999, "f32")), constant(n, "f32"));
      const stores = { kind: "store", buffer: 1, index: i, value: add(load(1, "f32", i, 1), value) } as const;
      return {
        ...mapProgram("f32", "f32", { length: 8, lanes: 1, register: "f32", change: (x) => x }).kernels[0]!,
        name: `k${k}`,
        body: [stores],
      };
    });
    const one = mapProgram("f32", "f32", { length: 8, lanes: 1, register: "f32", change: (x) => x });
    const program = { ...one, kernels, calls: kernels.map((_, kernel) => ({ kernel, buffers: [0, 1] })) } as Program;
    const answer = (executable: NativeExecutable): number[] => {
      const result = new Storage(32);
      executable.run(
        [
          storageOf(
            "f32",
            Float32Array.from({ length: 8 }, (_, k) => k / 8),
          ),
          result,
        ],
        1,
      );
      return Array.from(read(result, "f32"));
    };
    const inBackground = nativeTier({ threads: 1 }).compile(program);
    await inBackground.ready;
    const calls = readFileSync(join(folder, "calls"), "utf8").split("\n");
    if (availableParallelism() > 1) expect(calls.filter((call) => call.includes(" -c ")).length).toBeGreaterThan(1);
    expect(readdirSync(join(folder, "native")).filter((name) => !/\.(?:node|seal)$/.test(name))).toEqual([]);
    process.env.GRADSMITH_CACHE = directory();
    // Asked at once, one compiler makes all of it while the caller waits.
    expect(answer(nativeTier({ threads: 1 }).compile(program))).toEqual(answer(inBackground));
  });

  it("tells when the compiler is slow", async () => {
    const folder = directory();
    process.env.GRADSMITH_CACHE = folder;
    process.env.CC = join(folder, "cc");
    writeFileSync(process.env.CC, '#!/bin/sh\ncase "$*" in *-dM*) ;; *) sleep 0.7;; esac\nexec cc "$@"\n', { mode: 0o755 });
    const told: string[] = [];
    const program = mapProgram("f32", "f32", { length: 16, lanes: 4, register: "f32", change: (x) => x });
    await nativeTier({ onSlowCompile: (name, elapsedMs) => told.push(`${name} ${elapsedMs >= 490}`) }).compile(program).ready;
    expect(told).toEqual(["test true"]);
  });

  it("refuses too few arguments and too small ones instead of touching memory that isn't there", () => {
    const executable = backend.compile(mapProgram("f32", "f32", { length: 16, lanes: 16, register: "f32", change: (x) => x }));
    expect(() => executable.run([new Storage(64)], 1)).toThrow("[test] takes 2 arguments, got 1.");
    expect(() => executable.run([new Storage(64), new Storage(60)], 1)).toThrow(
      "[test] needs 64 bytes for an argument, got 60. Was its ArrayBuffer transferred to a worker?",
    );
  });

  it("takes the number of threads from the environment and refuses nonsense", () => {
    process.env.GRADSMITH_THREADS = "3";
    expect(nativeTier().threads).toBe(3);
    process.env.GRADSMITH_THREADS = "many";
    expect(() => nativeTier()).toThrow("[native] GRADSMITH_THREADS must be a positive integer, got NaN.");
  });
});

it("CC=false means that there is no native tier", () => {
  process.env.CC = "false";
  expect(nativeAvailability()).toEqual({
    available: false,
    reason: "no C compiler works (false: ends with status 1). Set CC to a compiler that works, or unset it",
  });
  expect(() => nativeTier()).toThrow(
    "[native] no C compiler works (false: ends with status 1). Set CC to a compiler that works, or unset it. Until then programs run as WebAssembly.",
  );
});

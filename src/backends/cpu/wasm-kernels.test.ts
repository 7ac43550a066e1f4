import { describe, expect, it } from "vitest";
import { bytesOf, type DType } from "../../core/dtype.ts";
import { meanings } from "../../ir/evaluate.ts";
import type { Associative, Basic, Expr, Outlined, RegisterType } from "../../ir/expr.ts";
import { across, add, apply, bitcast, cast, constant, load, local, mul, ramp, rare, registerType, splat } from "../../ir/expr.ts";
import type { Kernel, KernelBuffer, Statement } from "../../ir/kernel.ts";
import { convertNumber } from "../../ir/meanings.ts";
import type { Program } from "../../ir/program.ts";
import { Storage } from "./storage.ts";
import { wasmTier } from "./wasm.ts";

/** A kernel alone: all its buffers but scratch are arguments. */
function programOf(kernel: Kernel): Program {
  const outside = kernel.buffers.filter((buffer) => buffer.access !== "scratch");
  return {
    name: kernel.name,
    kernels: [kernel],
    calls: [{ kernel: 0, buffers: outside.map((_, i) => i) }],
    buffers: outside.map(({ dtype, length }) => ({ dtype, length, place: { kind: "argument" } })),
    arguments: outside.map(({ access }, buffer) => ({ buffer, access: access as "read" | "write" | "update" })),
    arenaBytes: 0,
  };
}

function kernelOf(buffers: readonly KernelBuffer[], range: Kernel["range"], body: readonly Statement[]): Kernel {
  return { name: "kernel", buffers, range, body, work: { operations: 0, bytes: 0 } };
}

/** The nearest f16 or bf16 by arithmetic: `mantissa` stored bits, exponents from `lowest` to `highest`. */
function nearestShort(x: number, { mantissa, lowest, highest }: { mantissa: number; lowest: number; highest: number }): number {
  if (!Number.isFinite(x) || x === 0) return x;
  const exponent = Math.max(lowest, Math.floor(Math.log2(Math.abs(x))));
  const unit = 2 ** (exponent - mantissa);
  const rounded = meanings.round([x / unit], "f64") * unit;
  return Math.abs(rounded) >= 2 ** (highest + 1) ? Math.sign(x) * Number.POSITIVE_INFINITY : rounded;
}
const shortFloats = {
  f16: { mantissa: 10, lowest: -14, highest: 15, bias: 15 },
  bf16: { mantissa: 7, lowest: -126, highest: 127, bias: 127 },
};

function shortBits(x: number, dtype: "f16" | "bf16"): number {
  const { mantissa, lowest, bias } = shortFloats[dtype];
  const sign = x < 0 || Object.is(x, -0) ? 0x8000 : 0;
  const infinity = (2 * bias + 1) << mantissa;
  if (Number.isNaN(x)) return infinity | (1 << (mantissa - 1));
  const value = Math.abs(nearestShort(x, shortFloats[dtype]));
  if (value === Number.POSITIVE_INFINITY) return sign | infinity;
  if (value < 2 ** lowest) return sign | Math.round(value / 2 ** (lowest - mantissa));
  let exponent = Math.floor(Math.log2(value));
  if (2 ** exponent > value) exponent--;
  return sign | ((exponent + bias) << mantissa) | Math.round((value / 2 ** exponent - 1) * 2 ** mantissa);
}

function shortValue(bits: number, dtype: "f16" | "bf16"): number {
  const { mantissa, lowest, bias } = shortFloats[dtype];
  const exponent = (bits & 0x7fff) >> mantissa;
  const fraction = bits & (2 ** mantissa - 1);
  const magnitude =
    exponent === 2 * bias + 1
      ? fraction === 0
        ? Number.POSITIVE_INFINITY
        : Number.NaN
      : exponent === 0
        ? fraction * 2 ** (lowest - mantissa)
        : (1 + fraction / 2 ** mantissa) * 2 ** (exponent - bias);
  return (bits & 0x8000) === 0 ? magnitude : -magnitude;
}

const views = {
  f32: Float32Array,
  f64: Float64Array,
  i32: Int32Array,
  u32: Uint32Array,
  u8: Uint8Array,
  bool: Uint8Array,
  f16: Uint16Array,
  bf16: Uint16Array,
};
function encode(values: readonly number[], dtype: DType): Uint8Array {
  const raw = dtype === "f16" || dtype === "bf16" ? values.map((x) => shortBits(x, dtype)) : values;
  const array = views[dtype].from(raw);
  return new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
}
function decode(bytes: Uint8Array, dtype: DType): number[] {
  const copy = bytes.slice();
  const values = [...new views[dtype](copy.buffer, 0, copy.byteLength / bytesOf(dtype))];
  return dtype === "f16" || dtype === "bf16" ? values.map((bits) => shortValue(bits, dtype)) : values;
}
const stored = (x: number, dtype: DType): number =>
  dtype === "u8" ? x & 255 : dtype === "f16" || dtype === "bf16" ? nearestShort(x, shortFloats[dtype]) : x;
const held = (x: number, dtype: RegisterType): number => (dtype === "f32" ? Math.fround(x) : x);

const given = (x: number, dtype: RegisterType): number => (dtype === "f32" || dtype === "f64" ? held(x, dtype) : Math.trunc(x) + 0);

/** The meaning of a kernel in plain JavaScript, lane by lane and rounding every f32. Overwrites `memory`. */
function interpret(kernel: Kernel, memory: number[][]): void {
  const names = new Map<string, number[]>();
  const value = (e: Expr): number[] => {
    const lanes = Array.from({ length: e.lanes }, (_, lane) => lane);
    switch (e.kind) {
      case "constant":
        return [held(e.value, e.dtype)];
      case "local":
        return names.get(e.name)!;
      case "splat":
        return lanes.map(() => value(e.x)[0]!);
      case "ramp":
        return lanes.map((lane) => value(e.base)[0]! + e.step * lane);
      case "convert":
        return value(e.x).map((x) => held(convertNumber(e, x), e.dtype));
      case "load": {
        const index = value(e.index);
        return lanes.map((lane) => memory[e.buffer]![index.length > 1 ? index[lane]! : index[0]! + lane]!);
      }
      case "apply": {
        const args = e.args.map(value);
        if (e.instruction === "fma" && e.dtype === "f32")
          return lanes.map((lane) => Math.fround(Math.fround(args[0]![lane]! * args[1]![lane]!) + args[2]![lane]!));
        return lanes.map((lane) =>
          held(
            meanings[e.instruction](
              args.map((x) => x[lane]!),
              e.dtype,
            ),
            e.dtype,
          ),
        );
      }
      case "across": {
        let x = value(e.x);
        while (x.length > 1) {
          const half = x.length / 2;
          x = x.slice(0, half).map((low, i) => held(meanings[e.instruction]([low, x[i + half]!], e.dtype), e.dtype));
        }
        return x;
      }
      case "rare": {
        const [when, common, x] = [e.when, e.common, e.x].map(value) as [number[], number[], number[]];
        return lanes.map((lane) => (when[lane] === 0 ? common[lane]! : called(e.call, x[lane]!)));
      }
    }
  };
  const called = ({ parameter, body }: Outlined, x: number): number => {
    names.set(parameter.name, [x]);
    for (const step of body) names.set(step.name, value(step.value));
    return names.get(body.at(-1)!.name)![0]!;
  };
  const run = (statements: readonly Statement[]): void => {
    for (const s of statements) {
      if (s.kind === "loop") {
        const end = value(s.end)[0]!;
        for (let i = value(s.start)[0]!; i < end; i += s.step) {
          names.set(s.variable, [i]);
          run(s.body);
        }
      } else if (s.kind === "if") {
        if (value(s.condition)[0] !== 0) run(s.body);
      } else if (s.kind === "store") {
        const index = value(s.index);
        const x = value(s.value);
        const lanes = s.count ?? Math.max(x.length, index.length);
        for (let lane = 0; lane < lanes; lane++) {
          memory[s.buffer]![index.length > 1 ? index[lane]! : index[0]! + lane] = stored(x[lane] ?? x[0]!, kernel.buffers[s.buffer]!.dtype);
        }
      } else if (s.kind === "multiply") {
        throw new Error("not for this target");
      } else {
        names.set(s.name, value(s.value));
      }
    }
  };
  run([
    {
      kind: "loop",
      variable: kernel.range.variable,
      start: constant(0, "i32"),
      end: constant(kernel.range.extent, "i32"),
      step: 1,
      body: kernel.body,
    },
  ]);
}

/** Runs a kernel on the backend and in the interpreter, and expects the same memory. */
function check(kernel: Kernel, contents: readonly (readonly number[])[]): number[][] {
  const memory = kernel.buffers.map(({ length, dtype }, i) =>
    Array.from({ length }, (_, j) => stored(given(contents[i]?.[j] ?? 0, registerType[dtype]), dtype)),
  );
  const outside = kernel.buffers.map((_, i) => i).filter((i) => kernel.buffers[i]!.access !== "scratch");
  const storages = outside.map((i) => {
    const { dtype } = kernel.buffers[i]!;
    const bytes = encode(memory[i]!, dtype);
    return new Storage(bytes.length, bytes);
  });
  const executable = wasmTier({ relaxedSimd: false }).compile(
    programOf({ ...kernel, buffers: kernel.buffers.map((b) => (b.access === "write" ? { ...b, access: "update" } : b)) }),
  );
  executable.run(storages, 1);
  interpret(kernel, memory);
  const results = outside.map((i, place) => decode(storages[place]!.bytes, kernel.buffers[i]!.dtype));
  for (const [place, i] of outside.entries()) expect(results[place], `buffer ${i}`).toEqual(memory[i]);
  return results;
}

const index = (value: number): Expr => constant(value, "i32");
const i = local("i", "i32");

/** Numbers from a fixed seed (mulberry32). */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

const edges: Readonly<Record<RegisterType, readonly number[]>> = {
  f32: [
    0,
    -0,
    1,
    -1,
    0.5,
    1.5,
    2.5,
    -2.5,
    Number.NaN,
    Number.POSITIVE_INFINITY,
    Number.NEGATIVE_INFINITY,
    3e38,
    -3e38,
    1e-40,
    2147483648,
    4294967296,
    -5e9,
    65504,
    65519.99,
    65520,
    6e-8,
    2.9e-8,
    6.1e-5,
    16777217,
    0.1,
  ],
  f64: [
    0,
    -0,
    1,
    -1,
    0.5,
    2.5,
    Number.NaN,
    Number.POSITIVE_INFINITY,
    Number.NEGATIVE_INFINITY,
    1e308,
    5e-324,
    2147483647.5,
    4294967295.5,
    -2147483649,
    0.1,
    -7.25,
  ],
  i32: [0, 1, -1, 2, -7, 31, 2147483647, -2147483648, 12345, 3],
  u32: [0, 1, 2, 7, 31, 4294967295, 2147483648, 255, 256, 65535],
  bool: [0, 1, 1, 0, 1],
};
const valuesOf = (dtype: RegisterType, length: number, next: () => number): number[] =>
  Array.from({ length }, () =>
    next() < 0.6
      ? edges[dtype][Math.floor(next() * edges[dtype].length)]!
      : held(meanings.trunc([next() * 200 - (dtype === "u32" ? 0 : 100)], "f64"), dtype === "bool" ? "f32" : dtype),
  ).map((x) => (dtype === "bool" ? (x > 0 ? 1 : 0) : x));

function twiceAndOne(dtype: "f32" | "f64"): Outlined {
  const [x, twice] = [local("x", dtype), local("twice", dtype)];
  const body = [
    { kind: "let", name: twice.name, value: add(x, x) },
    { kind: "let", name: "result", value: add(twice, constant(1, dtype)) },
  ] as const;
  return { name: "twice_and_one", parameter: x as Outlined["parameter"], body };
}

describe("every basic instruction, scalar and in vectors, agrees with JavaScript's numbers", () => {
  const unary: Basic[] = ["neg", "abs", "sqrt", "floor", "ceil", "trunc", "round", "not"];
  const binary: Basic[] = [
    "add",
    "sub",
    "mul",
    "div",
    "rem",
    "min",
    "max",
    "less",
    "lessEqual",
    "equal",
    "notEqual",
    "and",
    "or",
    "xor",
    "shl",
    "shr",
  ];
  const onlyIntegers = new Set<Basic>(["and", "or", "xor", "shl", "shr", "not"]);
  const onBools = new Set<Basic>(["and", "or", "xor", "not", "equal", "notEqual", "less", "lessEqual", "min", "max", "select"]);
  const isAllowed = (instruction: Basic, dtype: RegisterType): boolean => {
    if (dtype === "bool") return onBools.has(instruction);
    if (dtype === "f32" || dtype === "f64") return !onlyIntegers.has(instruction);
    return instruction !== "sqrt";
  };
  for (const dtype of ["f32", "f64", "i32", "u32", "bool"] as const) {
    for (const lanes of [1, 2, 4, 8]) {
      it(`${dtype} x ${lanes}`, () => {
        const next = random(lanes);
        const length = 320;
        const x = load(0, dtype, mul(i, index(lanes)), lanes);
        const y = load(1, dtype, mul(i, index(lanes)), lanes);
        const z = load(2, dtype, mul(i, index(lanes)), lanes);
        const edge = splat(constant(edges[dtype][2]!, dtype), lanes);
        const zero = splat(constant(0, dtype), lanes);
        const results: Expr[] = [
          ...unary.filter((name) => isAllowed(name, dtype)).map((name) => apply(name, x)),
          ...binary
            .filter((name) => isAllowed(name, dtype))
            .flatMap((name) => [apply(name, x, y), apply(name, x, edge), apply(name, edge, y), apply(name, x, zero)]),
          apply("select", apply("notEqual", x, y), y, z),
          apply("select", splat(apply("less", load(0, dtype, i), load(1, dtype, i)), lanes), y, z),
          ...(dtype === "bool" ? [] : [apply("fma", x, y, z)]),
          ...(dtype === "f32" || dtype === "f64" ? [rare(apply("less", x, y), z, x, twiceAndOne(dtype))] : []),
        ];
        const buffers: KernelBuffer[] = [
          ...[0, 1, 2].map((): KernelBuffer => ({ dtype, length, access: "read" })),
          ...results.map((e): KernelBuffer => ({ dtype: e.dtype, length, access: "write" })),
        ];
        const body = results.map((value, n): Statement => ({ kind: "store", buffer: 3 + n, index: mul(i, index(lanes)), value }));
        const contents = [0, 1, 2].map(() => valuesOf(dtype, length, next));
        check(kernelOf(buffers, { variable: "i", extent: length / lanes }, body), contents);
      });
    }
  }
});

describe("casts agree with JavaScript's numbers", () => {
  const types = ["f32", "f64", "i32", "u32", "bool"] as const;
  for (const lanes of [1, 2, 4, 8]) {
    it(`between all types x ${lanes}`, () => {
      const length = 160;
      const pairs = types.flatMap((from, n) => types.filter((to) => to !== from).map((to) => ({ n, from, to })));
      const buffers: KernelBuffer[] = [
        ...types.map((dtype): KernelBuffer => ({ dtype, length, access: "read" })),
        ...pairs.map(({ to }): KernelBuffer => ({ dtype: to, length, access: "write" })),
      ];
      const at = mul(i, index(lanes));
      const body = pairs.map(
        ({ n, from, to }, place): Statement => ({
          kind: "store",
          buffer: types.length + place,
          index: at,
          value: cast(load(n, from, at, lanes), to),
        }),
      );
      const next = random(7);
      check(
        kernelOf(buffers, { variable: "i", extent: length / lanes }, body),
        types.map((dtype) => valuesOf(dtype, length, next)),
      );
    });
  }

  it("bitcasts keep the bits", () => {
    const numbers = [0, -0, 1, -2.5, 3e38, 1e-40, Number.POSITIVE_INFINITY, 0.1];
    const buffers: KernelBuffer[] = [
      { dtype: "f32", length: 8, access: "read" },
      { dtype: "u32", length: 8, access: "write" },
      { dtype: "i32", length: 8, access: "write" },
      { dtype: "f32", length: 8, access: "write" },
    ];
    const at = mul(i, index(4));
    const x = load(0, "f32", at, 4);
    const body: Statement[] = [
      { kind: "store", buffer: 1, index: at, value: bitcast(x, "u32") },
      { kind: "store", buffer: 2, index: i, value: bitcast(load(0, "f32", i), "i32") },
      { kind: "store", buffer: 3, index: at, value: bitcast(bitcast(x, "i32"), "f32") },
    ];
    check(kernelOf(buffers, { variable: "i", extent: 2 }, body), [numbers]);
  });
});

describe("storage types", () => {
  it("f16 and bf16 widen exactly for all 65536 bit patterns, as arithmetic on the fields says", () => {
    for (const dtype of ["f16", "bf16"] as const) {
      for (const lanes of [1, 4]) {
        const kernel = kernelOf(
          [
            { dtype, length: 65536, access: "read" },
            { dtype: "f32", length: 65536, access: "write" },
          ],
          { variable: "i", extent: 65536 / lanes },
          [{ kind: "store", buffer: 1, index: mul(i, index(lanes)), value: load(0, "f32", mul(i, index(lanes)), lanes) }],
        );
        const bits = Uint16Array.from({ length: 65536 }, (_, n) => n);
        const storages = [new Storage(131072, new Uint8Array(bits.buffer)), new Storage(262144)];
        wasmTier().compile(programOf(kernel)).run(storages, 1);
        expect(decode(storages[1]!.bytes, "f32")).toEqual([...bits].map((b) => shortValue(b, dtype)));
      }
    }
  });

  it("f16 and bf16 round to the nearest, even on a tie, as arithmetic says", () => {
    const next = random(3);
    const numbers = [...edges.f32, ...Array.from({ length: 2000 }, () => (next() - 0.5) * 2 ** Math.floor(next() * 60 - 40))];
    for (let k = 0; k < 2048; k++) numbers.push((k + 0.5) * 2 ** -24, 1 + (k + 0.5) / 1024, 1 + (k + 0.5) / 128);
    while (numbers.length % 4 !== 0) numbers.push(0);
    const length = numbers.length;
    for (const dtype of ["f16", "bf16"] as const) {
      for (const lanes of [1, 4]) {
        const at = mul(i, index(lanes));
        const kernel = kernelOf(
          [
            { dtype: "f32", length, access: "read" },
            { dtype, length, access: "write" },
          ],
          { variable: "i", extent: length / lanes },
          [{ kind: "store", buffer: 1, index: at, value: load(0, "f32", at, lanes) }],
        );
        check(kernel, [numbers.map(Math.fround)]);
      }
    }
  });

  for (const dtype of ["f32", "f64", "f16", "bf16", "i32", "u32", "u8", "bool"] as const) {
    it(`${dtype}: contiguous, strided, gathered, partial and scattered accesses agree with the interpreter`, () => {
      const type = registerType[dtype];
      const next = random(11);
      const length = 64;
      const contents = valuesOf(type, length, next).map((x) => (dtype === "u8" ? x & 255 : x));
      const indices = Array.from({ length }, () => Math.floor(next() * length));
      const permutation = Array.from({ length }, (_, n) => (n * 27 + 5) % length);
      const buffers: KernelBuffer[] = [
        { dtype, length, access: "read" },
        { dtype: "i32", length, access: "read" },
        { dtype: "i32", length, access: "read" },
        ...Array.from({ length: 24 }, (): KernelBuffer => ({ dtype, length, access: "write" })),
      ];
      let buffer = 3;
      const body: Statement[] = [];
      const store = (at: Expr, value: Expr, count?: number): void => {
        body.push({ kind: "store", buffer: buffer++, index: at, value, ...(count === undefined ? {} : { count }) });
      };
      for (const lanes of [2, 4, 8]) {
        const at = mul(i, index(8));
        store(at, load(0, type, at, lanes));
        store(at, load(0, type, ramp(add(at, index(7)), -1, lanes), lanes));
        store(at, load(0, type, ramp(i, 8, lanes), lanes));
        store(at, load(0, type, load(1, "i32", at, lanes), lanes));
        store(load(2, "i32", at, lanes), load(0, type, at, lanes));
        store(ramp(i, 8, lanes), load(0, type, at, lanes));
        store(at, splat(load(0, type, add(i, index(3))), lanes), lanes - 1);
      }
      for (const count of [5, 6, 3]) store(mul(i, index(8)), load(0, type, mul(i, index(8)), 8), count);
      check(kernelOf(buffers, { variable: "i", extent: 8 }, body), [contents, indices, permutation]);
    });
  }
});

describe("loops, registers and addresses", () => {
  it("sums across lanes pairwise, as the interpreter", () => {
    const next = random(5);
    const types = ["f32", "f64", "i32", "u32"] as const;
    const combine: Associative[] = ["add", "mul", "min", "max"];
    const cases = types.flatMap((dtype, n) =>
      combine.flatMap((instruction) => [2, 4, 8, 16].map((lanes) => ({ dtype, n, instruction, lanes }))),
    );
    const buffers: KernelBuffer[] = [
      ...types.map((dtype): KernelBuffer => ({ dtype, length: 64, access: "read" })),
      ...cases.map(({ dtype }): KernelBuffer => ({ dtype, length: 4, access: "write" })),
    ];
    const body = cases.map(
      ({ dtype, n, instruction, lanes }, place): Statement => ({
        kind: "store",
        buffer: types.length + place,
        index: i,
        value: across(instruction, load(n, dtype, mul(i, index(16)), lanes)),
      }),
    );
    check(
      kernelOf(buffers, { variable: "i", extent: 4 }, body),
      types.map(() => Array.from({ length: 64 }, () => Math.fround(next() * 3))),
    );
    const mask = apply("less", load(0, "f32", mul(i, index(16)), 8), splat(constant(0.5, "f32"), 8));
    const bools: KernelBuffer[] = [
      { dtype: "f32", length: 64, access: "read" },
      { dtype: "bool", length: 4, access: "write" },
      { dtype: "bool", length: 4, access: "write" },
    ];
    const masks = (["and", "or"] as const).map(
      (instruction, n): Statement => ({ kind: "store", buffer: 1 + n, index: i, value: across(instruction, mask) }),
    );
    check(kernelOf(bools, { variable: "i", extent: 4 }, masks), [Array.from({ length: 64 }, (_, n) => (n < 16 ? 0 : n < 32 ? 1 : next()))]);
  });

  it("reduces rows with a tail and an early part, with registers that change, as the interpreter", () => {
    const [rows, columns] = [7, 37];
    const j = local("j", "i32");
    const at = add(mul(i, index(columns)), j);
    const body: Statement[] = [
      { kind: "declare", name: "sum", value: splat(constant(0, "f32"), 4) },
      {
        kind: "loop",
        variable: "j",
        start: index(0),
        end: index(36),
        step: 4,
        body: [{ kind: "assign", name: "sum", value: apply("fma", load(0, "f32", at, 4), load(1, "f32", j, 4), local("sum", "f32", 4)) }],
      },
      { kind: "declare", name: "rest", value: constant(0, "f32") },
      {
        kind: "loop",
        variable: "j",
        start: index(36),
        end: index(37),
        step: 1,
        body: [{ kind: "assign", name: "rest", value: apply("fma", load(0, "f32", at), load(1, "f32", j), local("rest", "f32")) }],
      },
      { kind: "let", name: "total", value: add(across("add", local("sum", "f32", 4)), local("rest", "f32")) },
      { kind: "store", buffer: 2, index: i, value: local("total", "f32") },
      // A triangle: the bounds of the inner loop are not constant.
      { kind: "declare", name: "triangle", value: constant(0, "f32") },
      {
        kind: "loop",
        variable: "k",
        start: i,
        end: apply("min", mul(i, index(3)), index(columns)),
        step: 2,
        body: [
          {
            kind: "assign",
            name: "triangle",
            value: add(local("triangle", "f32"), load(0, "f32", add(mul(i, index(columns)), local("k", "i32")))),
          },
        ],
      },
      { kind: "store", buffer: 3, index: i, value: local("triangle", "f32") },
    ];
    const buffers: KernelBuffer[] = [
      { dtype: "f32", length: rows * columns, access: "read" },
      { dtype: "f32", length: columns, access: "read" },
      { dtype: "f32", length: rows, access: "write" },
      { dtype: "f32", length: rows, access: "write" },
    ];
    const next = random(9);
    check(kernelOf(buffers, { variable: "i", extent: rows }, body), [
      Array.from({ length: rows * columns }, () => next()),
      Array.from({ length: columns }, () => next()),
    ]);
  });

  it("reads backwards, around a border and through computed rows, as the interpreter", () => {
    const [height, width] = [9, 12];
    const [y, x, dy, dx] = ["y", "x", "dy", "dx"].map((name) => local(name, "i32")) as [Expr, Expr, Expr, Expr];
    const row = add(y, add(dy, index(-1)));
    const column = add(x, add(dx, index(-1)));
    const inside = apply(
      "and",
      apply("and", apply("lessEqual", index(0), row), apply("less", row, index(height))),
      apply("and", apply("lessEqual", index(0), column), apply("less", column, index(width))),
    );
    const at = add(mul(y, index(width)), x);
    const body: Statement[] = [
      {
        kind: "loop",
        variable: "x",
        start: index(0),
        end: index(width),
        step: 1,
        body: [
          { kind: "declare", name: "sum", value: constant(0, "f32") },
          {
            kind: "loop",
            variable: "dy",
            start: index(0),
            end: index(3),
            step: 1,
            body: [
              {
                kind: "loop",
                variable: "dx",
                start: index(0),
                end: index(3),
                step: 1,
                body: [
                  {
                    kind: "if",
                    condition: inside,
                    body: [
                      {
                        kind: "assign",
                        name: "sum",
                        value: apply(
                          "fma",
                          load(0, "f32", add(mul(row, index(width)), column)),
                          load(1, "f32", add(mul(dy, index(3)), dx)),
                          local("sum", "f32"),
                        ),
                      },
                    ],
                  },
                ],
              },
            ],
          },
          { kind: "store", buffer: 2, index: at, value: local("sum", "f32") },
          {
            kind: "store",
            buffer: 3,
            index: add(apply("sub", index(height * width - 1), mul(y, index(width))), apply("neg", x)),
            value: load(0, "f32", at),
          },
          { kind: "let", name: "source", value: load(4, "i32", y) },
          { kind: "let", name: "shifted", value: add(mul(local("source", "i32"), index(width)), x) },
          { kind: "store", buffer: 5, index: at, value: load(0, "f32", local("shifted", "i32")) },
          { kind: "store", buffer: 6, index: at, value: load(0, "f32", apply("rem", add(at, index(17)), index(height * width))) },
          {
            kind: "store",
            buffer: 7,
            index: add(mul(apply("div", at, index(height)), index(height)), apply("rem", at, index(height))),
            value: load(0, "f32", at),
          },
        ],
      },
    ];
    const length = height * width;
    const buffers: KernelBuffer[] = [
      { dtype: "f32", length, access: "read" },
      { dtype: "f32", length: 9, access: "read" },
      { dtype: "f32", length, access: "write" },
      { dtype: "f32", length, access: "write" },
      { dtype: "i32", length: height, access: "read" },
      { dtype: "f32", length, access: "write" },
      { dtype: "f32", length, access: "write" },
      { dtype: "f32", length, access: "write" },
    ];
    const next = random(13);
    check(kernelOf(buffers, { variable: "y", extent: height }, body), [
      Array.from({ length }, () => next()),
      Array.from({ length: 9 }, () => next()),
      [],
      [],
      Array.from({ length: height }, () => Math.floor(next() * height)),
    ]);
  });

  it("multiplies matrices through packed scratch with a loop whose pointers carry over, as the interpreter", () => {
    const [m, n, k] = [6, 8, 5];
    const [j, p] = [local("j", "i32"), local("p", "i32")];
    const body: Statement[] = [
      {
        kind: "loop",
        variable: "p",
        start: index(0),
        end: index(k),
        step: 1,
        body: [
          { kind: "store", buffer: 3, index: mul(p, index(2)), value: load(0, "f32", add(mul(i, index(2 * k)), p)) },
          {
            kind: "store",
            buffer: 3,
            index: add(mul(p, index(2)), index(1)),
            value: load(0, "f32", add(add(mul(i, index(2 * k)), index(k)), p)),
          },
        ],
      },
      {
        kind: "loop",
        variable: "j",
        start: index(0),
        end: index(n),
        step: 4,
        body: [
          ...[0, 1].map((a): Statement => ({ kind: "declare", name: `acc${a}`, value: splat(constant(0, "f32"), 4) })),
          {
            kind: "loop",
            variable: "p",
            start: index(0),
            end: index(k),
            step: 1,
            body: [
              { kind: "let", name: "b", value: load(1, "f32", add(mul(p, index(n)), j), 4) },
              ...[0, 1].map(
                (a): Statement => ({
                  kind: "assign",
                  name: `acc${a}`,
                  value: apply(
                    "fma",
                    splat(load(3, "f32", add(mul(p, index(2)), index(a))), 4),
                    local("b", "f32", 4),
                    local(`acc${a}`, "f32", 4),
                  ),
                }),
              ),
            ],
          },
          ...[0, 1].map(
            (a): Statement => ({
              kind: "store",
              buffer: 2,
              index: add(mul(add(mul(i, index(2)), index(a)), index(n)), j),
              value: local(`acc${a}`, "f32", 4),
            }),
          ),
        ],
      },
    ];
    const buffers: KernelBuffer[] = [
      { dtype: "f32", length: m * k, access: "read" },
      { dtype: "f32", length: k * n, access: "read" },
      { dtype: "f32", length: m * n, access: "write" },
      { dtype: "f32", length: 2 * k, access: "scratch" },
    ];
    const next = random(17);
    check(kernelOf(buffers, { variable: "i", extent: m / 2 }, body), [
      Array.from({ length: m * k }, () => next()),
      Array.from({ length: k * n }, () => next()),
    ]);
  });
});

describe("random expressions agree with the interpreter", () => {
  const types = ["f32", "f64", "i32", "u32", "bool"] as const;
  const floats: Basic[] = ["add", "sub", "mul", "div", "rem", "min", "max"];
  const integers: Basic[] = [...floats, "and", "or", "xor", "shl", "shr"];
  const bools: Basic[] = ["and", "or", "xor"];
  for (let seed = 1; seed <= 24; seed++) {
    it(`seed ${seed}`, () => {
      const next = random(seed);
      const pick = <T>(items: readonly T[]): T => items[Math.floor(next() * items.length)]!;
      const length = 64;
      const names: Expr[] = [];
      const expr = (dtype: RegisterType, lanes: number, depth: number): Expr => {
        const known = names.filter((name) => name.dtype === dtype && name.lanes === lanes);
        if (known.length > 0 && next() < 0.15) return pick(known);
        if (depth === 0 || next() < 0.1) return leaf(dtype, lanes);
        const inner = (type: RegisterType): Expr => expr(type, lanes, depth - 1);
        const choice = next();
        if (choice < 0.12) return apply("select", inner("bool"), inner(dtype), inner(dtype));
        if (choice < 0.3) return cast(inner(pick(types)), dtype);
        if (choice < 0.36 && dtype !== "bool" && dtype !== "f64") return apply("fma", inner(dtype), inner(dtype), inner(dtype));
        if (choice < 0.42 && lanes > 1) return splat(expr(dtype, 1, depth - 1), lanes);
        if (choice < 0.46 && lanes === 1 && dtype !== "bool")
          return across(pick(["add", "min", "max"] as const), expr(dtype, pick([2, 4, 8]), depth - 1));
        if (dtype === "bool") {
          if (choice < 0.8) {
            const type = pick(types);
            return apply(pick(["less", "lessEqual", "equal", "notEqual"] as const), inner(type), inner(type));
          }
          return apply(pick(bools), inner("bool"), inner("bool"));
        }
        if (choice < 0.56) return apply(pick(["neg", "abs", "floor"] as const), inner(dtype));
        return apply(pick(dtype === "f32" || dtype === "f64" ? floats : integers), inner(dtype), inner(dtype));
      };
      const leaf = (dtype: RegisterType, lanes: number): Expr => {
        const buffer = types.indexOf(dtype);
        const choice = next();
        if (choice < 0.25) return splat(constant(held(pick(edges[dtype]), dtype), dtype), lanes);
        if (choice < 0.6) return load(buffer, dtype, add(mul(i, index(4)), index(Math.floor(next() * 8))), lanes);
        if (choice < 0.75) return load(buffer, dtype, ramp(add(i, index(24)), pick([3, -2, 4]), lanes), lanes);
        if (choice < 0.9) return splat(load(buffer, dtype, add(mul(i, index(2)), index(5))), lanes);
        return load(buffer, dtype, apply("and", load(2, "i32", mul(i, index(4)), lanes), splat(index(63), lanes)), lanes);
      };
      const body: Statement[] = [];
      const buffers: KernelBuffer[] = types.map((dtype): KernelBuffer => ({ dtype, length, access: "read" }));
      for (let n = 0; n < 10; n++) {
        const dtype = pick(types);
        const lanes = pick([1, 2, 4, 8]);
        const value = expr(dtype, lanes, 4);
        if (next() < 0.4) {
          body.push({ kind: "let", name: `t${n}`, value });
          names.push(local(`t${n}`, dtype, lanes));
        }
        const storage = dtype === "f32" ? pick(["f32", "f16", "bf16"] as const) : dtype === "u32" ? pick(["u32", "u8"] as const) : dtype;
        buffers.push({ dtype: storage, length, access: "write" });
        const shown = names.find((name) => name.kind === "local" && name.name === `t${n}`) ?? value;
        body.push({ kind: "store", buffer: buffers.length - 1, index: mul(i, index(8)), value: shown });
      }
      check(
        kernelOf(buffers, { variable: "i", extent: 6 }, body),
        types.map((dtype) => valuesOf(dtype, length, next)),
      );
    });
  }
});

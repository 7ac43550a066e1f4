import { describe, expect, it } from "vitest";
import { EmulatedArm, missing } from "../../../test/arm/emulated.ts";
import type { DType } from "../../core/dtype.ts";
import { bytesOf } from "../../core/dtype.ts";
import { meanings } from "../../ir/evaluate.ts";
import type { Associative, Basic, Expr, RegisterType } from "../../ir/expr.ts";
import { across, apply, bitcast, cast, constant, load, ramp } from "../../ir/expr.ts";
import type { Kernel, KernelBuffer, Statement } from "../../ir/kernel.ts";
import { bitcastNumber, castNumber } from "../../ir/meanings.ts";
import type { Call, Program } from "../../ir/program.ts";
import { nativeAvailability, nativeTier } from "./native.ts";
import { Storage } from "./storage.ts";
import type { Tier } from "./tier.ts";

const { available, reason } = nativeAvailability();
const machines: readonly { readonly name: string; readonly lacks: string | undefined; readonly make: () => Tier }[] = [
  { name: "native instructions", lacks: available ? undefined : reason, make: () => nativeTier({ threads: 1 }) },
  { name: "native instructions on an emulated ARM", lacks: missing, make: () => new EmulatedArm() },
];
const laneCounts = [1, 2, 4, 8, 16];
/** Twice the widest register there is, which C splits by itself. */
const andWider = [...laneCounts, 32];

const interesting: Readonly<Record<RegisterType, readonly number[]>> = {
  f32: [0, -0, 1, -1, 0.5, 1.5, 2.5, -2.5, -0.75, 3e9, -3e9, 5e9, 1e30, Number.NaN, Infinity, -Infinity, 8388609, 2147483520, 7.25, -1e-20],
  f64: [
    0,
    -0,
    1,
    -1,
    0.5,
    1.5,
    2.5,
    -2.5,
    -0.75,
    3e9,
    -3e9,
    5e9,
    1e300,
    Number.NaN,
    Infinity,
    -Infinity,
    2147483647.5,
    4294967295.9,
    7.25,
    -1e-200,
  ],
  i32: [0, 1, -1, 2, 5, -7, 31, 32, 33, 2147483647, -2147483648, 123456789, -987654321, 65536, 3, -3],
  u32: [0, 1, 2, 5, 7, 31, 32, 33, 2147483647, 2147483648, 4294967295, 123456789, 3987654321, 65536, 3],
  bool: [0, 1],
};
/** Every pair of interesting numbers, and a third to go with it. */
function triples(dtype: RegisterType): { x: number; y: number; z: number }[] {
  const values = interesting[dtype].map((v) => (dtype === "f32" ? Math.fround(v) : v));
  return values.flatMap((x, i) => values.map((y, j) => ({ x, y, z: values[(i + 3 * j) % values.length]! })));
}

const floats: readonly RegisterType[] = ["f32", "f64"];
const numbers: readonly RegisterType[] = ["f32", "f64", "i32", "u32"];
const all: readonly RegisterType[] = [...numbers, "bool"];
const arity: Readonly<Record<Basic, { readonly args: 1 | 2 | 3; readonly of: readonly RegisterType[] }>> = {
  neg: { args: 1, of: all },
  abs: { args: 1, of: all },
  sqrt: { args: 1, of: floats },
  floor: { args: 1, of: numbers },
  ceil: { args: 1, of: numbers },
  trunc: { args: 1, of: numbers },
  round: { args: 1, of: numbers },
  not: { args: 1, of: ["i32", "u32", "bool"] },
  add: { args: 2, of: all },
  sub: { args: 2, of: all },
  mul: { args: 2, of: all },
  div: { args: 2, of: numbers },
  rem: { args: 2, of: numbers },
  min: { args: 2, of: all },
  max: { args: 2, of: all },
  less: { args: 2, of: all },
  lessEqual: { args: 2, of: all },
  equal: { args: 2, of: all },
  notEqual: { args: 2, of: all },
  and: { args: 2, of: ["i32", "u32", "bool"] },
  or: { args: 2, of: ["i32", "u32", "bool"] },
  xor: { args: 2, of: ["i32", "u32", "bool"] },
  shl: { args: 2, of: ["i32", "u32"] },
  shr: { args: 2, of: ["i32", "u32"] },
  select: { args: 3, of: all },
  fma: { args: 3, of: all },
};

/** One loop over all elements, `lanes` at a time. Lengths are padded to 32. */
interface Case {
  readonly name: string;
  readonly inputs: readonly { readonly dtype: DType; readonly values: readonly number[] }[];
  readonly output: DType;
  readonly lanes: number;
  readonly value: (at: Expr) => Expr;
}

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
function view(storage: Storage, dtype: DType): InstanceType<(typeof views)[DType]> {
  const { buffer, byteOffset, byteLength } = storage.bytes;
  return new views[dtype](buffer as ArrayBuffer, byteOffset, byteLength / bytesOf(dtype));
}
const padded = (n: number): number => Math.ceil(n / 32) * 32;

/** All cases as one program, so that the compiler runs once. */
function computeOn(backend: Tier, name: string, cases: readonly Case[]): number[][] {
  const buffers: Program["buffers"][number][] = [];
  const storages: Storage[] = [];
  const kernels: Kernel[] = [];
  const calls: Call[] = [];
  for (const { name, inputs, output, lanes, value } of cases) {
    const length = padded(inputs[0]!.values.length);
    const first = buffers.length;
    for (const { dtype, values } of [...inputs, { dtype: output, values: [] }]) {
      buffers.push({ dtype, length, place: { kind: "argument" } });
      const storage = new Storage(length * bytesOf(dtype));
      view(storage, dtype).set(values as number[]);
      storages.push(storage);
    }
    const at: Expr = apply("mul", { kind: "local", dtype: "i32", lanes: 1, name: "i" }, constant(lanes, "i32"));
    const described = (dtype: DType, access: KernelBuffer["access"]): KernelBuffer => ({ dtype, length, access });
    kernels.push({
      name,
      buffers: [...inputs.map((input) => described(input.dtype, "read")), described(output, "write")],
      range: { variable: "i", extent: length / lanes },
      work: { operations: length, bytes: length },
      body: [{ kind: "store", buffer: inputs.length, index: at, value: value(at) } satisfies Statement],
    });
    calls.push({ kernel: kernels.length - 1, buffers: Array.from({ length: inputs.length + 1 }, (_, k) => first + k) });
  }
  const args = buffers.map((_, buffer) => ({ buffer, access: "update" as const }));
  backend.compile({ name, buffers, kernels, calls, arguments: args, arenaBytes: 64 }).run(storages, 1);
  return cases.map(({ inputs, output }, i) => {
    const place = calls[i]!.buffers.at(-1)!;
    return [...view(storages[place]!, output)].slice(0, inputs[0]!.values.length);
  });
}

/** Numbers as they'd be stored, with what the native tier may do otherwise made equal: subnormals count as zero. */
function stored(value: number, dtype: RegisterType): number {
  const v = dtype === "f32" ? Math.fround(value) : value;
  return Math.abs(v) < (dtype === "f32" ? 2 ** -126 : dtype === "f64" ? 2 ** -1022 : 0) ? 0 * Math.sign(v) : v;
}

for (const { name, lacks, make } of machines)
  describe.skipIf(lacks !== undefined)(lacks === undefined ? name : `${name} (${lacks})`, () => {
    const compute = (name: string, cases: readonly Case[]): number[][] => computeOn(make(), name, cases);
    for (const [instruction, { args, of }] of Object.entries(arity) as [Basic, (typeof arity)[Basic]][]) {
      it(`${instruction} agrees with its meaning in ir/evaluate on every type and number of lanes`, () => {
        const cases = of.flatMap((dtype) => laneCounts.map((lanes) => ({ dtype, lanes })));
        const results = compute(
          instruction,
          cases.map(({ dtype, lanes }) => {
            const rows = triples(dtype);
            const condition = instruction === "select";
            const types: RegisterType[] = (["x", "y", "z"] as const).slice(0, args).map((_, i) => (condition && i === 0 ? "bool" : dtype));
            const inputs = types.map((type, i) => ({
              dtype: type as DType,
              values: rows.map((row, k) => (condition && i === 0 ? k % 2 : [row.x, row.y, row.z][i]!)),
            }));
            const result =
              instruction === "less" || instruction === "lessEqual" || instruction === "equal" || instruction === "notEqual"
                ? "bool"
                : dtype;
            const value = (at: Expr): Expr => apply(instruction, ...types.map((type, i) => load(i, type, at, lanes)));
            return { name: `${instruction}_${dtype}_${lanes}`, inputs, output: result as DType, lanes, value };
          }),
        );
        const wrong: string[] = [];
        cases.forEach(({ dtype, lanes }, c) => {
          triples(dtype).forEach(({ x, y, z }, k) => {
            const given = instruction === "select" ? [k % 2, y, z] : [x, y, z].slice(0, args);
            const wanted = stored(meanings[instruction](given, dtype), dtype);
            const got = results[c]![k]!;
            if (!agrees(instruction, { wanted, got, given, dtype }))
              wrong.push(`${instruction}(${given.join(", ")}) on ${dtype} x ${lanes}: ${got} for ${wanted}`);
          });
        });
        expect(wrong).toEqual([]);
      });
    }

    it("min and max with a constant agree with Math.min and Math.max, NaN included", () => {
      const values = interesting.f32.map(Math.fround);
      const cases = laneCounts.flatMap((lanes) => (["min", "max"] as const).map((which) => ({ lanes, which })));
      const results = compute(
        "limits",
        cases.map(({ lanes, which }) => ({
          name: which,
          inputs: [{ dtype: "f32" as const, values }],
          output: "f32" as const,
          lanes,
          value: (at: Expr) => apply(which, load(0, "f32", at, lanes), constant(1.25, "f32")),
        })),
      );
      for (const [c, { which }] of cases.entries()) expect(results[c]).toEqual(values.map((x) => Math[which](x, 1.25)));
    });

    it("constant divisors and shifts agree with JavaScript's", () => {
      const values = interesting.i32;
      const scalar = {
        div: (x: number, y: number) => (y === 0 ? 0 : (x / y) | 0),
        rem: (x: number, y: number) => (y === 0 ? 0 : (x % y) | 0),
        shl: (x: number, y: number) => x << y,
        shr: (x: number, y: number) => x >> y,
      };
      const cases = laneCounts.flatMap((lanes) =>
        (Object.keys(scalar) as (keyof typeof scalar)[]).flatMap((which) => [0, 1, -1, 7, 33].map((by) => ({ lanes, which, by }))),
      );
      const results = compute(
        "divisors",
        cases.map(({ lanes, which, by }) => ({
          name: which,
          inputs: [{ dtype: "i32" as const, values }],
          output: "i32" as const,
          lanes,
          value: (at: Expr) => apply(which, load(0, "i32", at, lanes), constant(by, "i32")),
        })),
      );
      for (const [c, { which, by, lanes }] of cases.entries()) {
        expect(results[c], `${which} ${by} x ${lanes}`).toEqual(values.map((x) => scalar[which](x, by) + 0));
      }
    });

    it("casts and bitcasts agree with ir/evaluate between every two types", () => {
      const cases = all
        .flatMap((from) =>
          all.flatMap((to) => laneCounts.flatMap((lanes) => (["cast", "bitcast"] as const).map((how) => ({ from, to, lanes, how })))),
        )
        .filter(({ from, to, how }) => from !== to && (how === "cast" || (from !== "f64" && to !== "f64" && to !== "bool")));
      const results = compute(
        "casts",
        cases.map(({ from, to, lanes, how }) => ({
          name: `${how}_${from}_${to}`,
          inputs: [{ dtype: from as DType, values: interesting[from] }],
          output: to as DType,
          lanes,
          value: (at: Expr) => (how === "cast" ? cast : bitcast)(load(0, from, at, lanes), to),
        })),
      );
      const wrong: string[] = [];
      cases.forEach(({ from, to, lanes, how }, c) => {
        interesting[from].forEach((v, k) => {
          const x = from === "f32" ? Math.fround(v) : v;
          const wanted = how === "cast" ? castNumber(x, from, to) : bitcastNumber(x, from, to);
          const rounded = how === "bitcast" ? wanted : stored(wanted, to);
          if (!Object.is(results[c]![k], rounded))
            wrong.push(`${how} ${x} from ${from} to ${to} x ${lanes}: ${results[c]![k]} for ${rounded}`);
        });
      });
      expect(wrong).toEqual([]);
    });

    it("combines lanes pairwise by halves, as a JavaScript loop does", () => {
      const types = {
        f32: ["add", "mul", "min", "max"],
        f64: ["add", "max"],
        i32: ["add", "or", "and"],
        u32: ["add", "min"],
        bool: ["or", "and"],
      } as const;
      const values = Array.from({ length: 64 }, (_, k) => Math.fround(Math.sin(k * 12.9898) * 3 + (k === 40 ? Number.NaN : 0)));
      const cases = (Object.keys(types) as RegisterType[]).flatMap((dtype) =>
        types[dtype].flatMap((which) => andWider.slice(1).map((lanes) => ({ dtype, which: which as Associative, lanes }))),
      );
      const inputOf = (dtype: RegisterType): number[] =>
        floats.includes(dtype)
          ? values
          : values.map((v) => castNumber(dtype === "bool" ? (v > 0 ? 1 : 0) : dtype === "u32" ? Math.abs(v) * 1e9 : v * 1e9, "f32", dtype));
      const results = compute(
        "across",
        cases.map(({ dtype, which, lanes }) => ({
          name: which,
          inputs: [{ dtype: dtype as DType, values: inputOf(dtype) }],
          output: dtype as DType,
          lanes,
          value: (at: Expr) => across(which, load(0, dtype, at, lanes)),
        })),
      );
      cases.forEach(({ dtype, which, lanes }, c) => {
        const input = inputOf(dtype);
        for (let k = 0; k < input.length; k += lanes) {
          let row = input.slice(k, k + lanes);
          for (let half = lanes / 2; half >= 1; half /= 2)
            row = Array.from({ length: half }, (_, i) => stored(meanings[which]([row[i]!, row[i + half]!], dtype), dtype));
          expect(results[c]![k], `${which} over ${lanes} ${dtype}`).toBe(row[0]);
        }
      });
    });

    it("gathers and ramps agree with a JavaScript loop", () => {
      const values = Array.from({ length: 96 }, (_, k) => k * 0.5 - 3);
      const index = Array.from({ length: 96 }, (_, k) => (k * 37) % 96);
      const results = compute(
        "gather",
        andWider.flatMap((lanes) => [
          {
            name: "gather",
            inputs: [
              { dtype: "f32" as const, values },
              { dtype: "i32" as const, values: index },
            ],
            output: "f32" as const,
            lanes,
            value: (at: Expr) => load(0, "f32", load(1, "i32", at, lanes), lanes),
          },
          {
            name: "reverse",
            inputs: [{ dtype: "bool" as const, values: index.map((k) => k % 2) }],
            output: "bool" as const,
            lanes,
            value: (at: Expr) => load(0, "bool", ramp(apply("sub", constant(95, "i32"), at), -1, lanes), lanes),
          },
        ]),
      );
      andWider.forEach((_, c) => {
        expect(results[2 * c]).toEqual(index.map((k) => values[k]));
        expect(results[2 * c + 1]).toEqual(index.map((_, k) => index[95 - k]! % 2));
      });
    });
  });

interface Result {
  readonly wanted: number;
  readonly got: number;
  readonly given: readonly number[];
  readonly dtype: RegisterType;
}
/** Equal to the bit, but for what is not promised: which zero comes first in max(0, -0), and how often fma rounds. */
function agrees(instruction: Basic, { wanted, got, given, dtype }: Result): boolean {
  if (Object.is(wanted, got)) return true;
  if (instruction === "min" || instruction === "max") return wanted === 0 && got === 0;
  if (instruction !== "fma" || !floats.includes(dtype)) return false;
  const [x, y, z] = given as readonly [number, number, number];
  return Math.abs(got - wanted) <= (dtype === "f32" ? 2 ** -23 : 2 ** -52) * (Math.abs(x * y) + Math.abs(z));
}

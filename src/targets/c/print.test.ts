import { describe, expect, it } from "vitest";
import type { Expr, Local, Outlined } from "../../ir/expr.ts";
import { add, apply, constant, exp, less, load, local, max, mul, rare, select, sub } from "../../ir/expr.ts";
import type { Kernel } from "../../ir/kernel.ts";
import type { Program } from "../../ir/program.ts";
import { literal } from "./literal.ts";
import { isThreaded, printC, printPieces } from "./print.ts";

const i = local("i", "i32");
const f32 = (value: number): Expr => constant(value, "f32");
const buffer = (access: Kernel["buffers"][number]["access"]): Kernel["buffers"][number] => ({ dtype: "f32", length: 64, access });

function program(kernels: readonly Kernel[]): Program {
  return {
    name: "example",
    buffers: [
      { dtype: "f32", length: 64, place: { kind: "argument" } },
      { dtype: "f32", length: 64, place: { kind: "temporary", offset: 128 } },
    ],
    kernels,
    calls: kernels.map((_, kernel) => ({ kernel, buffers: [0, 1] })),
    arguments: [{ buffer: 0, access: "read" }],
    arenaBytes: 512,
  };
}
function mapping(name: string, value: (at: Expr) => Expr, more: Partial<Kernel> = {}): Kernel {
  const body: Kernel["body"] = [
    { kind: "store", buffer: 1, index: mul(i, constant(16, "i32")), value: value(mul(i, constant(16, "i32"))) },
  ];
  return {
    name,
    buffers: [buffer("read"), buffer("write")],
    range: { variable: "i", extent: 4 },
    body,
    work: { operations: 64, bytes: 512 },
    ...more,
  };
}
/** The kernels and `step`, without what every program shares. */
const body = (text: string): string => text.slice(text.indexOf("static NOINLINE"), text.indexOf("#include"));

describe("printPieces", () => {
  it("prints each kernel once, the longest apart, and everything that calls them last", () => {
    const kernels = [1, 2, 3].map((n) =>
      mapping(`times${n}`, (at) =>
        Array(n)
          .fill(0)
          .reduce((x: Expr) => mul(x, x), load(0, "f32", at, 16)),
      ),
    );
    const pieces = printPieces(program(kernels), 2);
    const defines = pieces.map((text) => [...text.matchAll(/^NOINLINE void (\w+)\(.*\{$/gm)].map(([, name]) => name));
    expect(defines).toEqual([["kernel2_times3"], ["kernel1_times2", "kernel0_times1"]]);
    expect(pieces.map((text) => text.includes("static void step("))).toEqual([false, true]);
    expect([...pieces[1]!.matchAll(/^NOINLINE void (\w+)\(.*\);$/gm)].map(([, name]) => name)).toEqual([
      "kernel0_times1",
      "kernel1_times2",
      "kernel2_times3",
    ]);
  });
});

describe("printC", () => {
  it("prints what is rare once, as a function that is never inlined, whichever kernels call it", () => {
    const x = local("x", "f32");
    const call: Outlined = { name: "far", parameter: x as Local, body: [{ kind: "let", name: "result", value: add(x, x) }] };
    const make = (name: string): Kernel =>
      mapping(name, (at) => {
        const given = load(0, "f32", at, 16);
        return rare(less(f32(1), given), max(given, f32(0)), given, call);
      });
    const text = printC(program([make("one"), make("two")]));
    expect(text.split("static NOINLINE float far(float x) {")).toHaveLength(2);
    expect(text.match(/rare_far_in_16\(/g)).toHaveLength(3);
  });

  it("prints the text kept here", () => {
    const relu = mapping("relu", (at) => max(sub(load(0, "f32", at, 16), f32(1.5)), f32(0)));
    expect(
      printC(program([relu])).slice(0, printC(program([relu])).indexOf("#include")),
    ).toBe(`/* example: 1 call of 1 kernel. Printed by Gradsmith. */

#define INLINE static inline __attribute__((always_inline))
#define NOINLINE __attribute__((noinline))

typedef float f32x16 __attribute__((vector_size(64), aligned(4), may_alias));
typedef int i32x16 __attribute__((vector_size(64), aligned(4), may_alias));

INLINE f32x16 select_f32x16(i32x16 mask, f32x16 x, f32x16 y) {
  return (f32x16)((((i32x16)x ^ (i32x16)y) & mask) ^ (i32x16)y);
}

INLINE f32x16 larger_f32x16(f32x16 x, f32x16 y) {
#if defined(__AVX512F__) && !defined(__clang__)
  return __builtin_ia32_maxps512_mask(x, y, x, -1, 4);
#else
  return select_f32x16(x > y, x, y);
#endif
}

INLINE f32x16 splat_f32x16(float x) {
  return x - (f32x16){};
}

static NOINLINE void kernel0_relu(const float *restrict m0, float *restrict m1, long begin, long end) {
  for (long i = begin; i < end; i++) {
    *(f32x16 *)(m1 + i * 16) = larger_f32x16(splat_f32x16(0.0f), *(const f32x16 *)(m0 + i * 16) - 1.5f);
  }
}

typedef void Body(void *const *buffers, long begin, long end);
typedef void Parallel(Body *body, void *const *buffers, long extent, int threads, int each);

static void step(void *const *arguments, char *arena, Parallel *parallel, int threads) {
  float *const b0 = arguments[0];
  float *const b1 = (float *)(arena + 128);
  kernel0_relu(b0, b1, 0, 4);
}

`);
  });

  it("hands large kernels to the pool and calls small ones itself", () => {
    const large = mapping("large", (at) => load(0, "f32", at, 16), { work: { operations: 1e6, bytes: 1e6 } });
    const small = mapping("small", (at) => load(0, "f32", at, 16));
    const text = printC(program([large, small]));
    expect(text).toContain("  parallel(kernel0_large_part, (void *[]){b0, b1}, 4, threads, 2);\n  kernel1_small(b0, b1, 0, 4);\n");
    expect(text).toContain(
      "static void kernel0_large_part(void *const *m, long begin, long end) {\n  kernel0_large(m[0], m[1], begin, end);\n}",
    );
    expect(isThreaded({ ...large, range: { variable: "i", extent: 1 } })).toBe(false);
    expect(printC(program([{ ...large, work: { operations: 1e7, bytes: 0 } }]))).toContain("{b0, b1}, 4, threads, 8);");
  });

  it("hands kernels of middling size to the pool where a large one has woken it", () => {
    const large = mapping("large", (at) => load(0, "f32", at, 16), { work: { operations: 1e6, bytes: 1e6 } });
    const middling = mapping("middling", (at) => load(0, "f32", at, 16), { work: { operations: 2e5, bytes: 0 } });
    expect(printC(program([large, middling]))).toContain("  parallel(kernel1_middling_part,");
    expect(printC(program([middling]))).toContain("  kernel0_middling(b0, b1, 0, 4);");
  });

  it("writes parentheses where C needs them and nowhere else", () => {
    const [x, y] = [load(0, "f32", i), load(0, "f32", add(i, constant(1, "i32")))];
    const value = mul(add(x, mul(y, f32(2))), sub(x, sub(y, apply("neg", x))));
    const chosen = select(apply("and", less(x, y), less(y, f32(-3))), value, f32(Number.NaN));
    const text = body(printC(program([{ ...mapping("nested", () => x), body: [{ kind: "store", buffer: 1, index: i, value: chosen }] }])));
    expect(text).toContain(
      'm1[i] = (m0[i] < m0[i + 1]) & (m0[i + 1] < -3.0f) ? (m0[i] + m0[i + 1] * 2.0f) * (m0[i] - (m0[i + 1] - -m0[i])) : __builtin_nanf("");',
    );
  });

  it("gives locals other names where C or the printed functions have theirs", () => {
    const names = ["float", "m0", "begin", "splat_f32x16", "a.b", "9"];
    const lets = names.map((name) => ({ kind: "let" as const, name, value: load(0, "f32", i) }));
    const text = printC(program([mapping("names", () => f32(0), { body: lets })]));
    expect([...text.matchAll(/const float (\S+) = m0\[i\]/g)].map((match) => match[1])).toEqual([
      "float_",
      "m0_",
      "begin_",
      "splat_f32x16_",
      "a_b",
      "_9",
    ]);
  });

  it("refuses instructions that the compiler should have expanded", () => {
    expect(() => printC(program([mapping("exponential", (at) => exp(load(0, "f32", at, 16)))]))).toThrow(
      "[printC] exp reached the C target. Compile with limits whose expandTranscendentals is true.",
    );
  });
});

describe("literal", () => {
  it.each([
    [0.1, "f32", "0.1f"],
    [-0, "f32", "-0.0f"],
    [1e-8, "f32", "1e-8f"],
    [16777216, "f32", "16777216.0f"],
    [3.4028234663852886e38, "f32", "3.4028235e38f"],
    [Math.PI, "f32", "3.1415927f"],
    [0.1, "f64", "0.1"],
    [-Infinity, "f64", "-__builtin_inf()"],
    [-2147483648, "i32", "(-2147483647 - 1)"],
    [4294967295, "u32", "4294967295u"],
    [1, "bool", "1"],
  ] as const)("%s as %s is %s", (value, dtype, text) => {
    expect(literal(value, dtype)).toBe(text);
  });
});

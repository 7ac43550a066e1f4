import { describe, expect, it } from "vitest";
import { wasmEngine } from "../../backends/cpu/wasm-engine.ts";
import { wasmFeatures } from "../../backends/cpu/wasm-features.ts";
import { GradsmithError } from "../../core/errors.ts";
import type { Expr } from "../../ir/expr.ts";
import { add, apply, constant, load, local, mul, splat } from "../../ir/expr.ts";
import type { Kernel, Statement } from "../../ir/kernel.ts";
import type { Program } from "../../ir/program.ts";
import { moduleOf, printWasm } from "./print.ts";
import { showModule } from "./text.ts";

const index = (value: number): Expr => constant(value, "i32");
const [i, j, k] = ["i", "j", "k"].map((name) => local(name, "i32")) as [Expr, Expr, Expr];

function programOf(kernel: Kernel): Program {
  return {
    name: kernel.name,
    kernels: [kernel],
    calls: [{ kernel: 0, buffers: kernel.buffers.map((_, buffer) => buffer) }],
    buffers: kernel.buffers.map(({ dtype, length }) => ({ dtype, length, place: { kind: "argument" } })),
    arguments: kernel.buffers.map(({ access }, buffer) => ({ buffer, access: access as "read" | "write" })),
    arenaBytes: 0,
  };
}

/** c[m, n] = a[m, k] · b[k, n] in tiles of 2 × 4. */
function matmul(m: number, n: number, depth: number): Kernel {
  const names = [0, 1].map((row) => local(`sum${row}`, "f32", 4));
  const at = (row: number, columns: number, column: Expr): Expr => add(mul(add(mul(i, index(2)), index(row)), index(columns)), column);
  const tile: Statement[] = [
    ...[0, 1].map((row): Statement => ({ kind: "declare", name: `sum${row}`, value: splat(constant(0, "f32"), 4) })),
    {
      kind: "loop",
      variable: "k",
      start: index(0),
      end: index(depth),
      step: 1,
      body: [
        { kind: "let", name: "b", value: load(1, "f32", add(mul(k, index(n)), j), 4) },
        ...[0, 1].map(
          (row): Statement => ({
            kind: "assign",
            name: `sum${row}`,
            value: apply("fma", load(0, "f32", at(row, depth, k)), local("b", "f32", 4), names[row]!),
          }),
        ),
      ],
    },
    ...[0, 1].map((row): Statement => ({ kind: "store", buffer: 2, index: at(row, n, j), value: names[row]! })),
  ];
  return {
    name: "matmul",
    buffers: [
      { dtype: "f32", length: m * depth, access: "read" },
      { dtype: "f32", length: depth * n, access: "read" },
      { dtype: "f32", length: m * n, access: "write" },
    ],
    range: { variable: "i", extent: m / 2 },
    body: [{ kind: "loop", variable: "j", start: index(0), end: index(n), step: 4, body: tile }],
    work: { operations: 2 * m * n * depth, bytes: 0 },
  };
}

describe("printWasm", () => {
  it("keeps one moving address per operand in a matmul's loop, with constant offsets and no product", () => {
    const module = moduleOf(programOf(matmul(4, 8, 3)), { relaxedSimd: true });
    expect(showModule(module)).toBe(`func matmul()
  local i32 $0, i32 $1, i32 $2, i32 $3, i32 $4, i32 $5, v128 $6, v128 $7, i32 $8, i32 $9, i32 $10, v128 $11
  i32.const(0) -> $1
  i32.const(0) -> $2
  loop
    i32.const(0) -> $4
    $2 -> $5
    loop
      v128.const(0x0) -> $6
      v128.const(0x0) -> $7
      $4 -> $9
      $1 -> $10
      $9 i32.const(96) i32.add -> $8
      loop
        $9 v128.load+65728 -> $11
        $10 v128.load32_splat+65600 $11 $6 f32x4.relaxed_madd -> $6
        $10 v128.load32_splat+65612 $11 $7 f32x4.relaxed_madd -> $7
        $9 i32.const(32) i32.add -> $9
        $10 i32.const(4) i32.add -> $10
        $9 $8 i32.ne br_if(0)
      end
      $5 $6 v128.store+65920
      $5 $7 v128.store+65952
      $4 i32.const(16) i32.add -> $4
      $5 i32.const(16) i32.add -> $5
      $4 i32.const(32) i32.ne br_if(0)
    end
    $1 i32.const(24) i32.add -> $1
    $2 i32.const(64) i32.add -> $2
    $1 i32.const(48) i32.ne br_if(0)
  end

func run(i32 $0)
  block
    loop
      $0 i32.eqz br_if(1)
      call(0)
      $0 i32.const(1) i32.sub -> $0
      br(0)
    end
  end`);
  });

  it("prints modules the engine accepts, with and without fused products", () => {
    for (const relaxedSimd of wasmFeatures().relaxedSimd ? [false, true] : [false]) {
      const { bytes } = printWasm(programOf(matmul(4, 8, 3)), { relaxedSimd });
      expect(wasmEngine()?.validate(bytes)).toBe(true);
    }
  });

  it("lays arguments out at multiples of 64 bytes with at least 64 bytes between them", () => {
    const printed = printWasm(programOf(matmul(4, 8, 3)), { relaxedSimd: false });
    expect(printed.argumentOffsets).toEqual([65600, 65728, 65920]);
    expect(printed.memoryPages).toBe(2);
  });

  it("refuses instructions the compiler should have expanded, and names that are not bound", () => {
    const kernel: Kernel = { ...matmul(4, 8, 3), body: [{ kind: "store", buffer: 2, index: i, value: apply("exp", load(0, "f32", i)) }] };
    expect(() => printWasm(programOf(kernel), { relaxedSimd: false })).toThrow(GradsmithError);
    expect(() => printWasm(programOf(kernel), { relaxedSimd: false })).toThrow(
      "[wasm] exp must be expanded into basic instructions first.",
    );
    const unbound: Kernel = { ...kernel, body: [{ kind: "store", buffer: 2, index: i, value: local("x", "f32") }] };
    expect(() => printWasm(programOf(unbound), { relaxedSimd: false })).toThrow("[wasm] kernel matmul uses x before it is bound.");
  });
});

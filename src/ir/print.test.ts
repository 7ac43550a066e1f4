import { describe, expect, it } from "vitest";
import { inputNode } from "../tensor/ops/source.ts";
import { Tensor } from "../tensor/tensor.ts";
import * as e from "./expr.ts";
import type { Kernel } from "./kernel.ts";
import { showExpr, showGraph, showKernel, showProgram } from "./print.ts";

const i = e.local("i", "i32");
const eight = (n: number): e.Expr => e.mul(i, e.constant(n, "i32"));
const kernel: Kernel = {
  name: "double",
  buffers: [
    { dtype: "f32", length: 64, access: "read" },
    { dtype: "f32", length: 64, access: "write" },
  ],
  range: { variable: "i", extent: 8 },
  body: [
    { kind: "let", name: "x", value: e.load(0, "f32", eight(8), 8) },
    { kind: "declare", name: "s", value: e.splat(e.constant(0, "f32"), 8) },
    {
      kind: "loop",
      variable: "k",
      start: e.constant(0, "i32"),
      end: e.constant(4, "i32"),
      step: 2,
      body: [{ kind: "assign", name: "s", value: e.fma(e.local("x", "f32", 8), e.constant(2, "f32"), e.local("s", "f32", 8)) }],
    },
    {
      kind: "if",
      condition: e.less(i, e.constant(7, "i32")),
      body: [{ kind: "store", buffer: 1, index: eight(8), value: e.local("s", "f32", 8), count: 3 }],
    },
  ],
  work: { operations: 128, bytes: 512 },
};
const kernelText = `kernel double(b0: read f32[64], b1: write f32[64])  128 operations, 512 bytes
  parallel i in 0 .. 8
    let x = b0[(i * 8) :8]
    var s = 0@8
    for k in 0 .. 4 step 2
      s = fma(x, 2@8, s)
    if (i < 7)
      b1[(i * 8) :8 only 3] = s`;

describe("print shows", () => {
  it("every kind of expression", () => {
    const x = e.local("x", "f32", 4);
    expect(showExpr(e.across("add", e.neg(x)))).toBe("across_add(neg(x))");
    const call: e.Outlined = { name: "far", parameter: x as e.Local, body: [{ kind: "let", name: "result", value: x }] };
    expect(showExpr(e.rare(e.less(x, e.like(x, 1)), e.neg(x), x, call))).toBe("rare((x < 1@4), far(x), neg(x))");
    expect(showExpr(e.load(2, "f32", e.ramp(i, 3, 4), 4))).toBe("b2[(i .. 3 :4)]");
    expect(showExpr(e.cast(e.bitcast(x, "u32"), "f64"))).toBe("f64(bits_u32(x))");
    expect(showExpr(e.constant(-0, "f32"))).toBe("-0");
  });

  it("a graph one line a node, numbered from 0", () => {
    const x = new Tensor(inputNode(0, { dtype: "f32", shape: [2, 3] }));
    expect(showGraph([x.exp().sum({ axis: 1 }).node])).toBe(
      "%0 = input(slot=0)  f32 [2, 3]\n%1 = exp(%0)  f32 [2, 3]\n%2 = sum(%1, axes=[1])  f32 [2]\nreturn %2",
    );
  });

  it("a kernel as loops", () => expect(showKernel(kernel)).toBe(kernelText));

  it("a program's memory, calls and kernels", () => {
    const text = showProgram({
      name: "step",
      buffers: [
        { dtype: "f32", length: 64, place: { kind: "argument" } },
        { dtype: "f32", length: 64, place: { kind: "temporary", offset: 0 } },
        { dtype: "i32", length: 2, place: { kind: "constant", offset: 320, data: Int32Array.of(1, 2) } },
      ],
      kernels: [kernel],
      calls: [{ kernel: 0, buffers: [0, 1] }],
      arguments: [{ buffer: 0, access: "read" }],
      arenaBytes: 448,
    });
    expect(text).toBe(`program step: 1 calls of 1 kernels, arena 448 bytes
memory
  m0: f32[64]  256 bytes  argument 0 (read)
  m1: f32[64]  256 bytes  temporary at 0
  m2: i32[2]  8 bytes  constant at 320
calls
  double(m0, m1)

${kernelText}`);
  });
});

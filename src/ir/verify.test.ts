import { describe, expect, it } from "vitest";
import { inputNode } from "../tensor/ops/source.ts";
import { Tensor } from "../tensor/tensor.ts";
import * as e from "./expr.ts";
import { type Elementwise, makeNode } from "./graph.ts";
import type { Kernel, Statement } from "./kernel.ts";
import type { Program } from "./program.ts";
import { verifyGraph, verifyKernel, verifyProgram } from "./verify.ts";

const i = e.local("i", "i32");
const x = e.load(0, "f32", i);
const store: Statement = { kind: "store", buffer: 1, index: i, value: x };
const kernelOf = (...body: Statement[]): Kernel => ({
  name: "k",
  buffers: [
    { dtype: "f32", length: 16, access: "read" },
    { dtype: "f32", length: 16, access: "write" },
  ],
  range: { variable: "i", extent: 16 },
  body,
  work: { operations: 0, bytes: 0 },
});
const letX = (value: e.Expr): Statement => ({ kind: "let", name: "x", value });

describe("verifyKernel", () => {
  it("accepts what is right", () => expect(() => verifyKernel(kernelOf(letX(x), { ...store, value: e.local("x", "f32") }))).not.toThrow());

  const wrong: [string, Statement[], string][] = [
    ["undefined names", [letX(e.local("y", "f32"))], '[kernel k] "y" is not defined here: y.'],
    ["names given twice", [letX(x), letX(x)], "[kernel k] the name x is given twice."],
    [
      "names of another type",
      [letX(x), { ...store, value: e.local("x", "f32", 4) }],
      '[kernel k] "x" is f32 in 1 lanes, used as f32 in 4: x.',
    ],
    ["mixed operands", [letX(e.add(x, i))], "[kernel k] add of f32, i32: (b0[i] + i)."],
    ["conditions that are not bool", [letX(e.select(i, x, x))], "[kernel k] a select by i32: select(i, b0[i], b0[i])."],
    ["shifts of floats", [letX(e.shl(x, x))], "[kernel k] shl of f32: (b0[i] << b0[i])."],
    ["loads of another type", [letX(e.load(0, "i32", i))], "[kernel k] a load of i32 from a buffer of f32: b0[i]."],
    ["loads from what is only written", [letX(e.load(1, "f32", i))], "[kernel k] buffer 1 is only written: b1[i]."],
    ["loads outside", [letX(e.load(0, "f32", e.constant(16, "i32")))], "[kernel k] element 16 of 16: b0[16]."],
    ["stores into what is only read", [{ ...store, buffer: 0 }], "[kernel k] a store to buffer 0, which is only read."],
    [
      "stores past the end",
      [{ ...store, index: e.constant(13, "i32"), value: e.load(0, "f32", i, 4) }],
      "[kernel k] a store to buffer 1: element 13 of 16.",
    ],
    ["assignments to a let", [letX(x), { kind: "assign", name: "x", value: x }], "[kernel k] x is assigned but not declared here."],
    [
      "names that left their block",
      [
        { kind: "loop", variable: "j", start: e.constant(0, "i32"), end: e.constant(2, "i32"), step: 1, body: [letX(x)] },
        { ...store, value: e.local("x", "f32") },
      ],
      '[kernel k] "x" is not defined here: x.',
    ],
  ];
  for (const [what, body, message] of wrong) {
    it(`rejects ${what}`, () =>
      expect(() => verifyKernel(kernelOf(...body))).toThrow(expect.objectContaining({ message, code: "internal" })));
  }

  it("rejects transcendentals when asked to", () => {
    const kernel = kernelOf(letX(e.exp(x)));
    expect(() => verifyKernel(kernel)).not.toThrow();
    expect(() => verifyKernel(kernel, { basicOnly: true })).toThrow("[kernel k] exp was not expanded: exp(b0[i]).");
  });
});

describe("verifyProgram", () => {
  const temporary = (offset: number): Program["buffers"][number] => ({ dtype: "f32", length: 16, place: { kind: "temporary", offset } });
  const program = (offsets: readonly number[], change: Partial<Program> = {}): Program => ({
    name: "p",
    buffers: [{ dtype: "f32", length: 16, place: { kind: "argument" } }, ...offsets.map(temporary)],
    kernels: [kernelOf(store)],
    calls: offsets.map((_, n) => ({ kernel: 0, buffers: [n, n + 1] })),
    arguments: [{ buffer: 0, access: "read" }],
    arenaBytes: 512,
    ...change,
  });

  it("accepts memory used again once it is free", () => expect(() => verifyProgram(program([0, 128, 0]))).not.toThrow());

  /** Two buffers of three rows, and a loop that reads a row of one and writes a row of the other. */
  const rows = (repeat: number, step: number, change: Partial<Program> = {}): Program =>
    program([0], {
      buffers: [
        { dtype: "f32", length: 48, place: { kind: "argument" } },
        { dtype: "f32", length: 48, place: { kind: "temporary", offset: 0 } },
        { dtype: "f32", length: 16, place: { kind: "view", of: 0, start: 0, step: 16 } },
        { dtype: "f32", length: 16, place: { kind: "view", of: 1, start: 32, step } },
      ],
      calls: [{ repeat, views: [2, 3], calls: [{ kernel: 0, buffers: [2, 3] }] }],
      ...change,
    });

  it("accepts views that move with a loop and stay inside", () => expect(() => verifyProgram(rows(3, -16))).not.toThrow());

  const wrong: [string, Program, string][] = [
    ["views that leave their buffer", rows(4, -16), "[program p] buffer 2 moves out of buffer 0."],
    ["views that go the wrong way", rows(3, 16), "[program p] buffer 3 moves out of buffer 1."],
    ["loops without turns", rows(0, -16), "[program p] calls are repeated 0 times."],
    [
      "memory that is reused while a loop still needs it",
      program([0, 128, 0], {
        calls: [
          { kernel: 0, buffers: [0, 1] },
          {
            repeat: 2,
            views: [],
            calls: [
              { kernel: 0, buffers: [1, 2] },
              { kernel: 0, buffers: [2, 3] },
            ],
          },
        ],
      }),
      "[program p] buffers 1 and 3 overlap while both are in use.",
    ],
    ["overlap of what is in use", program([0, 0]), "[program p] buffers 1 and 2 overlap while both are in use."],
    ["unaligned memory", program([32]), "[program p] buffer 1 is at 32, which is not a multiple of 64."],
    ["an arena too small", program([448]), "[program p] buffer 1 and its slack end at 576, the arena at 512."],
    [
      "reads before writes",
      program([0, 128], { calls: [{ kernel: 0, buffers: [1, 2] }] }),
      "[program p] call 0 reads buffer 1 before anything is in it.",
    ],
    [
      "writes to arguments that are only read",
      program([0], {
        calls: [
          { kernel: 0, buffers: [0, 1] },
          { kernel: 0, buffers: [1, 0] },
        ],
      }),
      "[program p] call 1 writes buffer 0, which is only read.",
    ],
    ["missing buffers", program([0], { calls: [{ kernel: 0, buffers: [0] }] }), "[program p] k takes 2 buffers, it is given 1."],
    ["arguments nobody hands over", program([0], { arguments: [] }), "[program p] nobody hands over buffer 0."],
  ];
  for (const [what, broken, message] of wrong) {
    it(`rejects ${what}`, () => expect(() => verifyProgram(broken)).toThrow(expect.objectContaining({ message, code: "internal" })));
  }
});

describe("verifyGraph", () => {
  const input = new Tensor(inputNode(0, { dtype: "f32", shape: [2, 3] }));

  it("accepts what tensors record", () => expect(() => verifyGraph([input.softmax().greater(0.5).where(input, 0).node])).not.toThrow());

  it("rejects an op whose meaning is not of the type it claims", () => {
    const wrong: Elementwise = { name: "wrong", kind: "elementwise", infer: ([type]) => type!, scalar: ([a]) => e.less(a!, a!) };
    const node = makeNode(wrong, [input.node], undefined);
    expect(() => verifyGraph([node])).toThrow(`[wrong ${node.id}] it computes bool for a result of f32.`);
  });
});

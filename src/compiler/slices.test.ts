import { describe, expect, it } from "vitest";
import type { Expr } from "../ir/expr.ts";
import { add, constant, div, load, local, min, mul, ramp, rem } from "../ir/expr.ts";
import type { Kernel, Statement } from "../ir/kernel.ts";
import { slicesOf } from "./slices.ts";

const i = local("i", "i32");
const j = local("j", "i32");
const n = (value: number): Expr => constant(value, "i32");
const kernel = (body: readonly Statement[]): Kernel => ({
  name: "k",
  buffers: [{ dtype: "f32", length: 4096, access: "read" }],
  range: { variable: "i", extent: 64 },
  body,
  work: { operations: 0, bytes: 0 },
});
const reads = (index: Expr, lanes = 1): Statement => ({ kind: "let", name: "x", value: load(0, "f32", index, lanes) });
const loop = (start: Expr, end: Expr, step: number, ...body: Statement[]): Statement => ({
  kind: "loop",
  variable: "j",
  start,
  end,
  step,
  body,
});

describe("slices of a kernel's iterations", () => {
  it.each([
    ["a row", loop(n(0), n(64), 16, reads(add(mul(i, n(64)), j), 16)), 1, { stride: 64, first: 0, last: 63 }],
    ["a row and its neighbour", loop(n(0), n(64), 1, reads(add(add(mul(i, n(64)), j), n(1)))), 1, { stride: 64, first: 1, last: 64 }],
    ["two rows at a time", loop(n(0), n(64), 16, reads(add(mul(i, n(64)), j), 16)), 2, { stride: 128, first: 0, last: 127 }],
    [
      "a chunk that a loop begins at",
      loop(mul(i, n(64)), min(add(mul(i, n(64)), n(64)), n(4090)), 16, reads(j, 16)),
      1,
      { stride: 64, first: 0, last: 63 },
    ],
    ["every other element", reads(ramp(mul(i, n(64)), 2, 8), 8), 1, { stride: 64, first: 0, last: 14 }],
    ["half as many rows, each twice", reads(mul(div(i, n(2)), n(64))), 2, { stride: 64, first: 0, last: 0 }],
    ["places within pairs of rows", reads(rem(i, n(2))), 2, { stride: 0, first: 0, last: 1 }],
    ["the same for all", reads(n(5)), 1, { stride: 0, first: 5, last: 5 }],
    ["rows that other rows say", reads(mul(i, i)), 1, undefined],
    ["pairs of rows by halves", reads(mul(div(i, n(2)), n(64))), 1, undefined],
  ] as const)("%s", (_, body, times, want) => {
    expect(slicesOf(kernel([body]), times)[0]).toEqual(want);
  });
});

import { describe, expect, it } from "vitest";
import { constant } from "../../ir/expr.ts";
import { type Elementwise, type Movement, makeNode } from "../../ir/graph.ts";
import { offset } from "../../ir/index.ts";
import { arange, tensor, zeros } from "../../tensor/create.ts";
import { shuffle } from "../../tensor/ops/shuffle.ts";
import { inputNode } from "../../tensor/ops/source.ts";
import { Tensor } from "../../tensor/tensor.ts";
import { evaluateGraph } from "./evaluate.ts";
import { identity } from "./reduce.ts";

const values = (t: Tensor): number[] => Array.from(evaluateGraph([t.node], () => [])[0]!);
const x = tensor([
  [1, 2, 3],
  [4, 5, 6],
]);

describe("the reference backend, by NumPy's definitions", () => {
  it("broadcasts elementwise operands", () => {
    expect(values(x.add(tensor([10, 20, 30])))).toEqual([11, 22, 33, 14, 25, 36]);
    expect(values(x.mul(tensor([[2], [3]])))).toEqual([2, 4, 6, 12, 15, 18]);
  });

  it("keeps double precision, but takes inputs as their dtype holds them", () => {
    expect(values(tensor([0.1]).add(1))[0]).toBe(Math.fround(0.1) + 1);
    expect(values(tensor([1]).div(3))[0]).toBe(1 / 3);
  });

  it("wraps integers to their type", () => {
    expect(values(tensor([250, 3], { dtype: "u8" }).add(tensor([10, 4], { dtype: "u8" })))).toEqual([4, 7]);
    expect(values(tensor([2147483647], { dtype: "i32" }).mul(3))).toEqual([2147483645]);
    expect(values(tensor([4294967295], { dtype: "u32" }).add(2))).toEqual([1]);
  });

  it("reduces over any axes", () => {
    expect(values(x.sum())).toEqual([21]);
    expect(values(x.sum({ axis: 0 }))).toEqual([5, 7, 9]);
    expect(values(x.max({ axis: 1, keepDims: true }))).toEqual([3, 6]);
    expect(values(x.prod({ axes: [0, 1] }))).toEqual([720]);
    expect(values(tensor([1e16, 1, -1e16], { dtype: "f64" }).sum())).toEqual([1]);
  });

  it("gives the identity for empty reductions", () => {
    const empty = zeros([0, 2]);
    expect(values(empty.sum({ axis: 0 }))).toEqual([0, 0]);
    expect(values(empty.prod({ axis: 0 }))).toEqual([1, 1]);
    expect([identity("max", "f32"), identity("min", "i32"), identity("max", "u8")]).toEqual([-Infinity, 2147483647, 0]);
  });

  it("contracts by any formula", () => {
    const y = tensor([
      [1, 0],
      [0, 1],
      [1, 1],
    ]);
    expect(values(x.contract("ab,bc->ac", y))).toEqual([4, 5, 10, 11]);
    expect(values(x.contract("ab,bc->cba", y))).toEqual([1, 4, 0, 0, 3, 6, 0, 0, 2, 5, 3, 6]);
    expect(values(x.contract("ab,ab->a", x))).toEqual([14, 77]);
    expect(values(x.contract("ab,cb->ac", x))).toEqual([14, 32, 32, 77]);
    const big = tensor([[65537]], { dtype: "i32" });
    expect(values(big.contract("ab,bc->ac", big))).toEqual([131073]);
  });

  it("moves elements by the ops' own rules", () => {
    expect(values(x.transpose())).toEqual([1, 4, 2, 5, 3, 6]);
    expect(values(x.reshape([3, 2]).flip({ axis: 0 }))).toEqual([5, 6, 3, 4, 1, 2]);
    expect(
      values(
        x.pad(
          [
            [0, 0],
            [1, 1],
          ],
          9,
        ),
      ),
    ).toEqual([9, 1, 2, 3, 9, 9, 4, 5, 6, 9]);
    expect(values(x.concat(tensor([[7], [8]]), { axis: 1 }))).toEqual([1, 2, 3, 7, 4, 5, 6, 8]);
    expect(values(arange(5).windows({ axes: 0, sizes: 2, strides: 2 }))).toEqual([0, 1, 2, 3]);
    expect(values(x.slice([0, 2], [2, 1]))).toEqual([3, 6]);
  });

  it("clamps gathered indices and drops scattered ones outside", () => {
    const rows = tensor([1, -5, 9], { dtype: "i32" });
    expect(values(x.gather(rows, { axis: 1 }))).toEqual([2, 1, 3, 5, 4, 6]);
    expect(
      values(
        tensor([
          [1, 2],
          [3, 4],
          [5, 6],
        ]).scatter(tensor([1, 1, 7], { dtype: "i32" }), { size: 2 }),
      ),
    ).toEqual([0, 0, 4, 6]);
  });

  it("shuffles by Fisher and Yates", () => {
    const node = makeNode(shuffle, [tensor([7, 3, 5, 6], { dtype: "u32" }).node], undefined);
    // 3 swaps with 6 mod 4 = 2, 2 with 5 mod 3 = 2, 1 with 3 mod 2 = 1.
    expect(Array.from(evaluateGraph([node], () => [])[0]!)).toEqual([0, 1, 3, 2]);
  });

  it("asks for inputs, and computes several roots at once", () => {
    const input = new Tensor(inputNode(0, { dtype: "f32", shape: [2] }));
    const results = evaluateGraph([input.add(1).node, input.node, input.add(1).node], (node) => (node === input.node ? [5, 6] : []));
    expect(results.map((r) => Array.from(r))).toEqual([
      [6, 7],
      [5, 6],
      [6, 7],
    ]);
  });

  it("says when an op's rule reads outside its input or names what nobody defines", () => {
    const shifted: Movement = {
      name: "shifted",
      kind: "movement",
      infer: ([type]) => type!,
      source: ([i]) => ({ cases: [{ guards: [], input: 0, index: [offset(i!, 1)] }], fill: 0 }),
    };
    const node = makeNode(shifted, [tensor([1, 2]).node], undefined);
    expect(() => evaluateGraph([node], () => [])).toThrow("[shifted] its rule reads element 2 along axis 0 of an input of shape [2].");
    const stray: Elementwise = {
      name: "stray",
      kind: "elementwise",
      infer: ([type]) => type!,
      scalar: () => ({ ...constant(1, "f32"), kind: "local", name: "q" }),
    };
    expect(() => evaluateGraph([makeNode(stray, [tensor([1]).node], undefined)], () => [])).toThrow(
      '[reference] an expression uses "q", which is not one of x0.',
    );
  });
});

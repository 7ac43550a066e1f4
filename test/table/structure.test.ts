import { describe, expect, test } from "vitest";
import type { Shape } from "../../src/core/shape.ts";
import { topological } from "../../src/ir/graph.ts";
import { keyOf, variable } from "../../src/ir/index.ts";
import { tensor } from "../../src/tensor/create.ts";
import { table } from "../../src/tensor/ops/table.ts";
import { Tensor } from "../../src/tensor/tensor.ts";
import { checkGradients } from "./differences.ts";
import { elementsOf, randomNumbers, sample, slots } from "./reference.ts";

interface Case {
  readonly name: string;
  readonly shapes: readonly Shape[];
  readonly f: (x: Tensor, y: Tensor) => Tensor;
  readonly shape: Shape;
  readonly domain?: readonly [number, number];
}
const indices = tensor([2, 0, 2, 1], { dtype: "i32" });

const cases: readonly Case[] = [
  { name: "sum over one axis", shapes: [[2, 3, 2]], f: (x) => x.sum(1), shape: [2, 2] },
  { name: "sum over all", shapes: [[2, 3]], f: (x) => x.sum(), shape: [] },
  { name: "prod over one axis", shapes: [[2, 3]], f: (x) => x.prod({ axis: 1 }), shape: [2], domain: [0.5, 2] },
  {
    name: "prod over two axes",
    shapes: [[2, 2, 2]],
    f: (x) => x.prod({ axes: [0, 2], keepDims: true }),
    shape: [1, 2, 1],
    domain: [0.5, 2],
  },
  { name: "max over one axis", shapes: [[3, 4]], f: (x) => x.max({ axis: -1 }), shape: [3] },
  { name: "min over one axis", shapes: [[3, 4]], f: (x) => x.min({ axis: 0, keepDims: true }), shape: [1, 4] },
  { name: "reshape", shapes: [[2, 6]], f: (x) => x.reshape([3, -1]).sin(), shape: [3, 4] },
  { name: "transpose", shapes: [[2, 3, 4]], f: (x) => x.permute([2, 0, 1]).sin(), shape: [4, 2, 3] },
  { name: "broadcastTo", shapes: [[2, 1, 3]], f: (x) => x.broadcastTo([2, 2, 4, 3]).sin(), shape: [2, 2, 4, 3] },
  { name: "flip", shapes: [[2, 3]], f: (x) => x.flip(1).sin(), shape: [2, 3] },
  { name: "slice", shapes: [[5, 4]], f: (x) => x.slice([1, 2], [3, 2]).sin(), shape: [3, 2] },
  { name: "slice with strides", shapes: [[7, 6]], f: (x) => x.slice([1, 0], [3, 2], { strides: [2, 3] }).sin(), shape: [3, 2] },
  { name: "slice that leaves a rest behind its stride", shapes: [[8]], f: (x) => x.slice([1], [], { strides: [3] }).sin(), shape: [3] },
  {
    name: "pad",
    shapes: [[2, 3]],
    f: (x) =>
      x
        .pad(
          [
            [1, 2],
            [0, 1],
          ],
          3,
        )
        .sin(),
    shape: [5, 4],
  },
  {
    name: "pad with spacing",
    shapes: [[3, 2]],
    f: (x) =>
      x
        .pad(
          [
            [1, 2],
            [0, 1],
          ],
          { spacing: [2, 3] },
        )
        .sin(),
    shape: [8, 5],
  },
  {
    name: "concat",
    shapes: [
      [2, 3],
      [2, 1],
    ],
    f: (x, y) => x.concat([y, x], { axis: 1 }).sin(),
    shape: [2, 7],
  },
  { name: "windows", shapes: [[2, 6]], f: (x) => x.windows({ axes: 1, sizes: 3 }).sin(), shape: [2, 4, 3] },
  {
    name: "windows with strides and dilations over two axes",
    shapes: [[6, 2, 7]],
    f: (x) => x.windows({ axes: [0, 2], sizes: [2, 3], strides: [1, 2], dilations: [3, 2] }).sin(),
    shape: [3, 2, 2, 2, 3],
  },
  { name: "windows that leave a rest", shapes: [[8]], f: (x) => x.windows({ axes: 0, sizes: 2, strides: 3 }).sin(), shape: [3, 2] },
  { name: "fold", shapes: [[2, 3, 3]], f: (x) => x.fold({ axes: 1, lengths: 7, strides: 2 }).sin(), shape: [2, 7] },
  {
    name: "fold with dilations and a rest",
    shapes: [[2, 3]],
    f: (x) => x.fold({ axes: 0, lengths: 9, strides: 3, dilations: 2 }).sin(),
    shape: [9],
  },
  {
    name: "matmul",
    shapes: [
      [2, 3],
      [3, 4],
    ],
    f: (x, y) => x.matmul(y),
    shape: [2, 4],
  },
  {
    name: "matmul of a batch with a matrix",
    shapes: [
      [2, 2, 3],
      [3, 2],
    ],
    f: (x, y) => x.matmul(y),
    shape: [2, 2, 2],
  },
  {
    name: "matmul of batches that broadcast",
    shapes: [
      [2, 1, 2, 3],
      [3, 3, 1],
    ],
    f: (x, y) => x.matmul(y),
    shape: [2, 3, 2, 1],
  },
  {
    name: "matmul of a batch of one on both sides",
    shapes: [
      [1, 2, 3],
      [1, 3, 2],
    ],
    f: (x, y) => x.matmul(y),
    shape: [1, 2, 2],
  },
  { name: "matmul of vectors", shapes: [[3], [3]], f: (x, y) => x.matmul(y), shape: [] },
  { name: "matmul of a vector with a batch", shapes: [[3], [2, 3, 2]], f: (x, y) => x.matmul(y), shape: [2, 2] },
  {
    name: "dot",
    shapes: [
      [2, 3],
      [2, 3, 2],
    ],
    f: (x, y) => x.dot(y),
    shape: [2, 2, 2],
  },
  { name: "outer", shapes: [[2], [3]], f: (x, y) => x.outer(y), shape: [2, 3] },
  {
    name: "contract over letters of one side",
    shapes: [
      [2, 3],
      [3, 2],
    ],
    f: (x, y) => x.contract("ij,jk->k", y),
    shape: [2],
  },
  {
    name: "contract as an elementwise product",
    shapes: [
      [2, 3],
      [3, 2],
    ],
    f: (x, y) => x.contract("ij,ji->ij", y),
    shape: [2, 3],
  },
  { name: "gather", shapes: [[3, 2]], f: (x) => x.gather(indices), shape: [4, 2] },
  {
    name: "gather along another axis, by a matrix",
    shapes: [[2, 3, 2]],
    f: (x) => x.gather(indices.reshape([2, 2]), { axis: 1 }).sin(),
    shape: [2, 2, 2, 2],
  },
  { name: "gather moves indices outside to the ends", shapes: [[3]], f: (x) => x.gather(tensor([-1, 7], { dtype: "i32" })), shape: [2] },
  { name: "scatter", shapes: [[4, 2]], f: (x) => x.scatter(indices, { size: 3 }).sin(), shape: [3, 2] },
  { name: "scatter drops indices outside", shapes: [[2]], f: (x) => x.scatter(tensor([-1, 1], { dtype: "i32" }), { size: 2 }), shape: [2] },
  {
    name: "scatterAdd",
    shapes: [
      [3, 2],
      [4, 2],
    ],
    f: (x, y) => x.scatterAdd(indices, y).sin(),
    shape: [3, 2],
  },
  { name: "where", shapes: [[2, 3], [3]], f: (x, y) => x.greater(0).where(x.square(), y), shape: [2, 3] },
  { name: "stack", shapes: [[2], [2]], f: (x, y) => x.stack(y, { axis: 1 }).sin(), shape: [2, 2] },
  {
    name: "split",
    shapes: [[4]],
    f: (x) =>
      x
        .split([1, 3])
        .map((part, i) => part.mul(i + 2).sum())
        .reduce((a, b) => a.mul(b)),
    shape: [],
  },
  { name: "repeat", shapes: [[2, 2]], f: (x) => x.repeat(3, { axis: 1 }).sin(), shape: [2, 6] },
  { name: "tile", shapes: [[2, 2]], f: (x) => x.tile([2, 1, 3]).sin(), shape: [2, 2, 6] },
  { name: "get", shapes: [[3, 2]], f: (x) => x.get(-1).sin(), shape: [2] },
  { name: "swapAxes", shapes: [[2, 3, 2]], f: (x) => x.swapAxes(0, -1).sin(), shape: [2, 3, 2] },
  { name: "mean", shapes: [[2, 3]], f: (x) => x.mean({ axis: 0 }).square(), shape: [3] },
  { name: "variance", shapes: [[3, 4]], f: (x) => x.variance({ axis: 1 }), shape: [3] },
  { name: "variance of a sample", shapes: [[3, 4]], f: (x) => x.variance({ axis: 1, ddof: 1, keepDims: true }), shape: [3, 1] },
  { name: "std", shapes: [[3, 4]], f: (x) => x.std({ axis: 1 }), shape: [3] },
  { name: "norm", shapes: [[3, 2]], f: (x) => x.norm({ axis: 1 }), shape: [3] },
  { name: "softmax", shapes: [[2, 4]], f: (x) => x.softmax(), shape: [2, 4] },
  { name: "softmax along the first axis", shapes: [[3, 2]], f: (x) => x.softmax({ axis: 0 }), shape: [3, 2] },
  { name: "logSoftmax", shapes: [[2, 4]], f: (x) => x.logSoftmax(), shape: [2, 4] },
  { name: "logSumExp", shapes: [[2, 4]], f: (x) => x.logSumExp({ axis: 1 }), shape: [2] },
  { name: "gelu", shapes: [[5]], f: (x) => x.gelu(), shape: [5] },
  { name: "gelu by tanh", shapes: [[5]], f: (x) => x.gelu({ approximate: true }), shape: [5] },
  { name: "elu", shapes: [[5]], f: (x) => x.elu({ alpha: 0.7 }), shape: [5] },
  { name: "silu", shapes: [[5]], f: (x) => x.silu(), shape: [5] },
  { name: "leakyRelu", shapes: [[5]], f: (x) => x.leakyRelu(), shape: [5] },
  { name: "clip", shapes: [[6]], f: (x) => x.mul(2).clip(-1, 1), shape: [6] },
  { name: "pow by a number", shapes: [[4]], f: (x) => x.pow(3).add(x.pow(2)), shape: [4] },
];

const seen = new Set<string>();

describe("gradients agree with finite differences of the reference, and so do their gradients", () => {
  test.each(cases)("$name", ({ shapes, f, shape, domain }) => {
    const next = randomNumbers(17);
    const inputs = slots(shapes);
    const run = (x: readonly Tensor[]): Tensor => f(x[0]!, x[1]!);
    const y = run(inputs);
    expect(y.shape).toEqual(shape);
    for (const node of topological([y.node])) seen.add(node.op.name);
    checkGradients(
      run,
      inputs,
      shapes.map((s) => sample(next, s, domain)),
    );
  });

  // `unspread` is in the gradient of the gradient of `windows`; `shuffle` has no gradient.
  test("every row that is not elementwise was among them", () => {
    const elsewhere = ["unspread", "shuffle"];
    const rows = Object.values(table).filter((row) => row.kind !== "elementwise" && row.kind !== "source");
    expect(rows.map((row) => row.name).filter((name) => !seen.has(name) && !elsewhere.includes(name))).toEqual([]);
  });
});

describe("movement is an affine change of index wherever it can be", () => {
  /** How the source index of each axis depends on the output's position, as text. */
  const indicesOf = (x: Tensor): string[] => {
    const { op, inputs, attributes, type } = x.node;
    if (op.kind !== "movement") throw new Error(`${op.name} is no movement`);
    const out = type.shape.map((size, axis) => variable(`o${axis}`, size));
    return op
      .source(
        out,
        inputs.map((node) => node.type),
        attributes,
      )
      .cases.flatMap(({ guards, index }) => [
        ...index.map(keyOf),
        ...guards.map((guard) => `${guard.min} <= ${keyOf(guard.index)} <= ${guard.max}`),
      ]);
  };
  const [x] = slots([[4, 6]]) as [Tensor];
  test.each([
    ["splitting an axis", x.reshape([4, 2, 3]), ["1*o0+0", "3*o1+1*o2+0"]],
    ["adding axes of 1", x.reshape([1, 4, 1, 6]), ["1*o1+0", "1*o3+0"]],
    ["transposing", x.transpose(), ["1*o1+0", "1*o0+0"]],
    ["windows", x.windows({ axes: 1, sizes: 2, strides: 2, dilations: 3 }), ["1*o0+0", "2*o1+3*o2+0"]],
    [
      "putting windows of stride 1 back",
      x.fold({ axes: 0, lengths: 9 }).node.inputs[0]!,
      ["1*o0+-1*o1+0", "1*o1+0", "0 <= 1*o0+-1*o1+0 <= 3"],
    ],
    ["flipping and slicing", x.slice([1], [2], { strides: [2] }), ["2*o0+1", "1*o1+0"]],
    [
      "padding",
      x.pad([
        [1, 0],
        [0, 0],
      ]),
      ["1*o0+-1", "1*o1+0", "0 <= 1*o0+-1 <= 3"],
    ],
  ])("%s", (_name, y, want) => {
    expect(indicesOf(y instanceof Tensor ? y : new Tensor(y))).toEqual(want);
  });
});

describe("sizes of 0 and 1", () => {
  const zero: readonly (readonly [string, Tensor, Shape, readonly number[]])[] = (() => {
    const x = tensor([], { shape: [0, 3] });
    const one = tensor([[[5]]]);
    return [
      ["sum over the empty axis", x.sum(0), [3], [0, 0, 0]],
      ["prod over the empty axis", x.prod(0), [3], [1, 1, 1]],
      ["sum beside an empty axis", x.sum(1), [0], []],
      ["any and all of nothing", x.any(0).concat(x.all(0)), [6], [0, 0, 0, 1, 1, 1]],
      ["matmul over an empty axis", tensor([], { shape: [2, 0] }).matmul(x), [2, 3], [0, 0, 0, 0, 0, 0]],
      [
        "pad around nothing",
        x.slice([0, 0], [0, 1]).pad(
          [
            [1, 1],
            [0, 1],
          ],
          7,
        ),
        [2, 2],
        [7, 7, 7, 7],
      ],
      ["concat with nothing", x.concat(tensor([[1, 2, 3]])), [1, 3], [1, 2, 3]],
      ["reshape of nothing", x.reshape([3, 0, 2]), [3, 0, 2], []],
      [
        "reductions of size 1",
        one
          .max(0)
          .add(one.prod([0, 1]))
          .add(one.argmax({ axis: 2 })),
        [1, 1],
        [10],
      ],
      ["transposing axes of 1", one.transpose().squeeze(), [], [5]],
      ["softmax of one class", one.softmax(), [1, 1, 1], [1]],
    ];
  })();
  test.each(zero)("%s is what NumPy gives", (_name, y, shape, values) => {
    expect(y.shape).toEqual(shape);
    expect(elementsOf(y)).toEqual(values);
  });
});

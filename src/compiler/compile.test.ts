import { beforeEach, describe, expect, it } from "vitest";
import { sameConvolution } from "../../test/same-convolution.ts";
import { valueAndGrad } from "../autodiff/grad.ts";
import { nativeTier } from "../backends/cpu/native.ts";
import { Storage, storageFrom } from "../backends/cpu/storage.ts";
import type { Tier } from "../backends/cpu/tier.ts";
import { wasmTier } from "../backends/cpu/wasm.ts";
import { evaluateGraph } from "../backends/reference/evaluate.ts";
import { decode } from "../core/encoding.ts";
import type { Node } from "../ir/graph.ts";
import { topological } from "../ir/graph.ts";
import type { Limits } from "../ir/limits.ts";
import { showProgram } from "../ir/print.ts";
import { printC } from "../targets/c/print.ts";
import { inputNode } from "../tensor/ops/source.ts";
import { Tensor } from "../tensor/tensor.ts";
import { compile } from "./compile.ts";
import type { Target } from "./target.ts";

let seed = 1;
beforeEach(() => {
  seed = 1;
});
const random = (): number => {
  seed = (seed * 16807) % 2147483647;
  return (seed / 2147483647) * 2 - 1;
};

interface Checked {
  readonly fusion?: boolean;
  /** Of a machine other than this one. */
  readonly limits?: Partial<Limits>;
}

function check(outputs: readonly Tensor[], options: Checked = {}): number {
  return Math.max(...[wasmTier({ relaxedSimd: false }), nativeTier()].map((backend) => checkOn(backend, outputs, options)));
}

function checkOn(backend: Tier, outputs: readonly Tensor[], { limits, ...options }: Checked): number {
  const roots = outputs.map((t) => t.node);
  const inputs = topological(roots).filter((node) => node.op.kind === "source" && node.op.from === "input");
  const data = new Map<Node, Float64Array>(
    inputs.map((node) => [node, Float64Array.from({ length: node.type.shape.reduce((a, b) => a * b, 1) }, random)]),
  );

  const compiled = compile(
    { name: "t", inputs, outputs: roots },
    { ...backend.target, limits: { ...backend.target.limits, ...limits } },
    options,
  );
  const executable = backend.compile(compiled.program);
  const storages = compiled.program.arguments.map(({ buffer }, i) => {
    const { dtype, length } = compiled.program.buffers[buffer]!;
    return i < inputs.length ? storageFrom(data.get(inputs[i]!)!, { dtype, shape: [length] }) : new Storage(length * 4);
  });
  executable.run(storages, 1);
  const want = evaluateGraph(roots, (node) => data.get(node)!);
  roots.forEach((root, i) => {
    const got = decode(storages[compiled.outputs[i]!.argument]!.peek(), root.type.dtype);
    // Sums that nearly cancel are as exact as their terms, which are about as large as other results.
    const typical = Math.sqrt(want[i]!.reduce((sum, w) => sum + w * w, 0) / want[i]!.length);
    const worst = want[i]!.reduce((m, w, j) => Math.max(m, Math.abs(w - got[j]!) / (1 + Math.abs(w) + typical)), 0);
    expect(got.length).toBe(want[i]!.length);
    expect(worst, `output ${i}: ${Array.from(got.slice(0, 5))} want ${Array.from(want[i]!.slice(0, 5))}`).toBeLessThan(1e-5);
  });
  return compiled.program.calls.length;
}

const input = (slot: number, ...shape: number[]): Tensor => new Tensor(inputNode(slot, { dtype: "f32", shape }));

describe("compiled graphs agree with the reference", () => {
  it("elementwise", () => {
    const [x, y] = [input(0, 5, 7), input(1, 7)];
    expect(check([x.add(y).mul(x).tanh()])).toBe(1);
  });
  it("sum", () => {
    const x = input(0, 33, 19);
    check([x.sum({ axis: 0 }), x.sum({ axis: 1 }), x.square().mean(), x.max({ axis: 1 })]);
  });
  it("softmax in one kernel", () => {
    expect(check([input(0, 6, 10).softmax()])).toBe(1);
  });
  it("transposes", () => {
    check([input(0, 6, 10).transpose().add(1), input(1, 6, 10).reshape([10, 6]).mul(2)]);
  });
  for (const [m, k, n] of [
    [32, 10, 20],
    [5, 7, 3],
    [64, 100, 1],
    [1, 1, 1],
    [17, 33, 65],
    [32, 20, 30],
    // A long sum, in tiles whose remainder is shared. Packed panels and blocks of longer ones: wasm-threads.test.ts.
    [50, 64, 40],
  ] as const) {
    it(`matmul ${m}x${k}x${n} with gradients`, () => {
      const [x, w] = [input(0, m, k), input(1, k, n)];
      check([x.matmul(w)]);
      const { value, grads } = valueAndGrad(([a, b]: Tensor[]) => a!.matmul(b!).square().sum())([x, w]);
      check([value, ...grads]);
    });
  }
  for (const [n, h, c, f, k, stride] of [
    [2, 7, 3, 5, 3, 1],
    [2, 8, 4, 8, 2, 2],
    [1, 9, 1, 4, 3, 1],
    [3, 6, 8, 16, 1, 1],
  ] as const) {
    it(`convolution ${[n, h, c, f, k, stride]} with gradients`, () => {
      const [x, w] = [input(0, n, h, h, c), input(1, k, k, c, f)];
      const conv = ([a, b]: Tensor[]): Tensor =>
        a!.windows({ axes: [1, 2], sizes: [k, k], strides: stride }).contract("nipjqc,pqcf->nijf", b!);
      check([conv([x, w])]);
      const { value, grads } = valueAndGrad((p: Tensor[]) => conv(p).relu().square().sum())([x, w]);
      check([value, ...grads]);
    });
  }
  it("the gradient of a convolution makes no copy of all windows", () => {
    for (const strides of [1, 2]) {
      const [x, w] = [input(0, 4, 20, 20, 8), input(1, 3, 3, 8, 8)];
      const { grads } = valueAndGrad(([a, b]: Tensor[]) =>
        a!
          .windows({ axes: [1, 2], sizes: 3, strides })
          .contract("nipjqc,pqcf->nijf", b!)
          .square()
          .sum(),
      )([x, w]);
      const roots = grads.map((g) => g.node);
      const { program } = compile({ name: "t", inputs: [x.node, w.node], outputs: roots }, wasmTier().target);
      const largest = Math.max(...program.buffers.map((buffer) => buffer.length));
      expect(largest).toBeLessThan(1.5 * x.size);
    }
  });
  it("max pooling with gradient", () => {
    const x = input(0, 2, 8, 8, 6);
    const pool = (a: Tensor): Tensor => a.windows({ axes: [1, 2], sizes: 2, strides: 2 }).max({ axes: [2, 4] });
    const { value, grads } = valueAndGrad((a: Tensor) => pool(a).square().sum())(x);
    check([pool(x), value, grads]);
  });
  it("pad, flip, concat, slice, gather", () => {
    const [x, y] = [input(0, 4, 6), input(1, 4, 6)];
    check([
      x
        .pad([
          [1, 2],
          [0, 3],
        ])
        .mul(2),
      x.flip({ axis: 1 }).add(y),
      x.concat(y, { axis: 1 }).square(),
      x.slice([1, 2], [2, 3]).neg(),
    ]);
    const rows = input(2, 5).mul(10).cast("i32");
    check([x.gather(rows, { axis: 0 }).mul(y.sum()), rows]);
  });
  it("what is stacked or interleaved along an axis is written place by place, and nothing is asked at an element", () => {
    const [x, y] = [input(0, 3, 5, 20), input(1, 3, 5, 20)];
    const rows = [x.add(y), x.sub(y), x.mul(y)];
    const stacked = rows[0]!.stack(rows.slice(1), { axis: 1 });
    // Rows 0, 3, 6, ... are sums: the axis of 15 is taken apart into 5 and 3. So it is below an elementwise op, and shifted by one.
    const interleaved = rows[0]!.stack(rows.slice(1), { axis: 2 }).reshape([3, 15, 20]);
    const shifted = interleaved.slice([0, 1, 0], [3, 12, 20]).mul(2);
    // Two axes at once, as outputs of tiles are laid side by side, and what can't be divided.
    const tiles = stacked.stack(stacked.neg(), { axis: 3 }).permute([0, 2, 1, 3, 4]).reshape([15, 6, 20]).square();
    const odd = interleaved.slice([0, 0, 0], [3, 13, 20]);
    for (const result of [stacked, interleaved, shifted, tiles, odd]) expect(check([result])).toBe(1);
    for (const result of [stacked, interleaved, shifted, tiles]) {
      const { program } = compile({ name: "t", inputs: [x.node, y.node], outputs: [result.node] }, nativeTier().target);
      expect(showProgram(program)).not.toMatch(/select|\?| % /);
    }
  });
  it("batch norm, row by row", () => {
    const x = input(0, 16, 20);
    const norm = x.sub(x.mean({ axis: 0 })).div(x.variance({ axis: 0 }).add(1e-3).sqrt());
    check([norm]);
    const { value, grads } = valueAndGrad((a: Tensor) =>
      a
        .sub(a.mean({ axis: 0 }))
        .div(a.variance({ axis: 0 }).add(1e-3).sqrt())
        .mul(input(1, 16, 20))
        .sum(),
    )(x);
    check([value, grads]);
  });
  it("mlp step", () => {
    const [x, y] = [input(0, 32, 10), input(1, 32, 1)];
    const params = [input(2, 10, 20), input(3, 20), input(4, 20, 30), input(5, 30), input(6, 30, 1), input(7, 1)];
    const { value, grads } = valueAndGrad((p: Tensor[]) => {
      const h1 = x.matmul(p[0]!).add(p[1]!).relu();
      const h2 = h1.matmul(p[2]!).add(p[3]!).relu();
      return h2.matmul(p[4]!).add(p[5]!).sub(y).square().mean();
    })(params);
    const next = params.map((p, i) => p.sub(grads[i]!.mul(0.01)));
    check([value, ...next]);
    check([value, ...next], { fusion: false });
  });
  it("few rows times a large matrix, its sum in parts", () => {
    const [x, w, b] = [input(0, 1, 260), input(1, 260, 300), input(2, 300)];
    const partly = (x: Tensor): string[] =>
      compile(
        { name: "t", inputs: topological([x.node]).filter((node) => node.op.kind === "source"), outputs: [x.node] },
        nativeTier().target,
      ).program.kernels.map(({ name }) => name);
    check([x.matmul(w).add(b).relu()]);
    expect(partly(x.matmul(w))).toEqual(["contract_4x1x300", "sum_4x1x300"]);
    // W transposed lies in rows that threads can divide, and 9 rows use a tile of W often.
    check([input(0, 1, 260).matmul(input(1, 300, 260).transpose())]);
    expect(partly(input(0, 1, 260).matmul(input(1, 300, 260).transpose()))).toHaveLength(1);
    expect(partly(input(0, 9, 260).matmul(w))).toHaveLength(1);
    const tall = input(1, 520, 200);
    check([input(0, 3, 520).matmul(tall), input(2, 520).dot(tall)]);
  });
  it("letters summed in another order in each operand: the smaller operand is copied into the other's order", () => {
    const namesOf = ({ node }: Tensor): string[] => {
      const inputs = topological([node]).filter(({ op }) => op.kind === "source");
      return compile({ name: "t", inputs, outputs: [node] }, wasmTier().target).program.kernels.map(({ name }) => name);
    };
    // Samples of [batch, steps, features] and gradients of [steps, batch, units], as a recurrent layer has them.
    const [x, g] = [input(0, 6, 10, 5), input(1, 10, 6, 300)];
    const product = x.contract("btf,tbg->fg", g);
    check([product]);
    expect(namesOf(product)).toEqual(["keep_10x6x5", "contract_5x300"]);
    check([g.contract("tbg,btf->gf", x), x.swapAxes(1, 2).contract("bft,tbg->gf", g.mul(2))]);
    // Views that lie in one order already, and operands too small to pay for a copy, stay where they are.
    const turned = input(0, 10, 6, 5).swapAxes(0, 1);
    check([turned.contract("btf,tbg->fg", g)]);
    expect(namesOf(turned.contract("btf,tbg->fg", g))).toEqual(["contract_5x300"]);
    const narrow = x.contract("btf,tbg->fg", input(1, 10, 6, 20));
    check([narrow]);
    expect(namesOf(narrow)).toEqual(["contract_5x20"]);
    // Windows lead to elements twice, and cut-off ones to none.
    const windows = input(0, 6, 12, 3).windows({ axes: [1], sizes: 3 });
    check([windows.contract("btfk,tbg->fkg", input(1, 10, 6, 300))]);
    check([
      x
        .pad([
          [0, 0],
          [1, 1],
          [0, 0],
        ])
        .contract("btf,tbg->fg", input(1, 12, 6, 300)),
    ]);
  });
  it("vectors from behind the second cache, copied before the tiles of each part", () => {
    const scratchOf = (rows: number, columns: number): number => {
      const inputs = [input(0, 3, 96, rows), input(1, 3, 96, columns)];
      const outputs = [inputs[0]!.contract("pkm,pkn->pmn", inputs[1]!)];
      const { kernels } = compile(
        { name: "t", inputs: inputs.map(({ node }) => node), outputs: outputs.map(({ node }) => node) },
        wasmTier().target,
      ).program;
      if (rows < 40) check(outputs);
      return Math.max(...kernels[0]!.buffers.map(({ access, length }) => (access === "scratch" ? length : 0)));
    };
    // A column of tiles is 8 wide; copies of columns lie two steps further apart than they are long.
    expect(scratchOf(20, 1024)).toBe(1024 * (96 + 2));
    // What fits the cache, what is used too seldom and what leaves a narrower column is copied as tiles go, or not at all.
    for (const [rows, columns] of [
      [20, 800],
      [6, 1024],
      [20, 1028],
    ] as const)
      expect(scratchOf(rows, columns)).toBeLessThan(8 * 96 + 1);
  });
  it("a large sum over its first axes, in parts of the first", () => {
    const programOf = (...outputs: Tensor[]) => {
      const roots = outputs.map((t) => t.node);
      const inputs = topological(roots).filter((node) => node.op.kind === "source" && node.op.from === "input");
      return compile({ name: "t", inputs, outputs: roots }, nativeTier().target).program;
    };
    const [x, y] = [input(0, 16, 40, 41, 10), input(1, 16, 40, 41, 10)];
    // Two sums that read the same memory share a pass over it, and their parts are added up in one more kernel.
    const sums = [x.sum({ axes: [0, 1, 2] }), x.mul(y).sum({ axes: [0, 1, 2] })];
    check(sums);
    expect(programOf(...sums).kernels[0]!.range.extent).toBe(16);
    expect(programOf(...sums).calls.length).toBeLessThanOrEqual(3);
    // 2160 has no divisor from 61 to 64; a prime has none at all.
    check([input(0, 2160, 130).sum({ axis: 0 }), input(1, 65537, 5).max({ axis: 0 })]);
    expect(programOf(input(0, 2160, 130).sum({ axis: 0 })).kernels[0]!.range.extent).toBe(60);
    expect(programOf(input(0, 65537, 5).sum({ axis: 0 })).calls).toHaveLength(1);
    // What is kept of a few rows is as large as what is summed: parts would be no smaller.
    expect(programOf(input(0, 8, 40_000).sum({ axis: 0 })).calls).toHaveLength(1);
  });
  it("a convolution that keeps the size of its input: the gradient computes no place that is cut away", () => {
    const [x, w] = [input(0, 2, 9, 9, 4), input(1, 3, 3, 4, 5)];
    const { grads } = valueAndGrad(([a, b]: Tensor[]) => sameConvolution(a!, b!).square().sum())([x, w]);
    check([...grads]);
    const byInput = compile(
      { name: "t", inputs: [x.node, w.node], outputs: [grads[0]!.node] },
      { ...nativeTier().target, passes: {} },
    ).program;
    const contractions = byInput.kernels.filter(({ name }) => name.startsWith("contract"));
    // Forward and backward are as much work: 2 · 81 places · 9 taps · 4 · 5 channels for each of 2 images, and little else.
    for (const { work } of contractions) expect(work.operations).toBeLessThan(1.05 * 2 * 2 * 81 * 9 * 20);
  });
  it("a piece of a product that is also needed whole is not computed twice", () => {
    const product = input(0, 20, 30).matmul(input(1, 30, 40));
    const piece = product.slice([3, 5], [10, 20]);
    check([product, piece.mul(2)]);
    check([piece]);
    const roots = [product.node, piece.mul(2).node];
    const inputs = topological(roots).filter((node) => node.op.kind === "source" && node.op.from === "input");
    const { kernels } = compile({ name: "t", inputs, outputs: roots }, nativeTier().target).program;
    expect(kernels.filter(({ name }) => name.startsWith("contract"))).toHaveLength(1);
  });
  it("a sum of products longer than the cache, in parts", () => {
    const [x, g] = [input(0, 32, 24, 24, 8), input(1, 32, 22, 22, 24)];
    const byKernel = x.windows({ axes: [1, 2], sizes: 3 }).contract("nipjqc,nijf->pqcf", g);
    // 15488 products of either sign: small, so that what rounding leaves of them is.
    check([byKernel.mul(1e-3)]);
    const { kernels } = compile({ name: "t", inputs: [x.node, g.node], outputs: [byKernel.node] }, nativeTier().target).program;
    expect(kernels.map(({ name }) => name)).toEqual(["contract_4x3x3x8x24", "sum_4x3x3x8x24"]);
  });
  it("the gradient of narrow weights over many rows, in parts of those rows", () => {
    const namesOf = (rows: number, inner: number, outer: number): string[] => {
      const [x, g] = [input(0, rows, inner), input(1, rows, outer)];
      const gradients = [x.contract("mk,mn->kn", g), g.sum({ axis: 0 })];
      check(gradients);
      const roots = gradients.map(({ node }) => node);
      const { program } = compile(
        { name: "t", inputs: [x.node, g.node], outputs: roots },
        { ...nativeTier().target, limits: { ...nativeTier().target.limits, lanes: 4 } },
        { merging: false },
      );
      return program.kernels.map(({ name }) => name);
    };
    expect(namesOf(480, 37, 45)).toEqual(["contract_4x37x45", "sum_4x37x45", "sum_4x120x45", "sum_4x45"]);
    // Few rows, rows that other axes divide among threads, and results larger than what they are made from.
    expect(namesOf(32, 37, 45)).toEqual(["contract_37x45", "sum_32x45"]);
    expect(namesOf(480, 37, 200)).toEqual(["contract_37x200", "sum_480x200"]);
    expect(namesOf(576, 47, 3)).toEqual(["sum_576x3", "contract_4x47x3", "sum_4x47x3"]);
  });
  it("f64 in vectors of half as many lanes where limits say so, f32 beside it too", () => {
    const [x, y] = [input(0, 37, 48), input(1, 48, 21)].map((value) => value.cast("f64")) as [Tensor, Tensor];
    const f32 = input(2, 37, 48);
    const doubles = [x.mul(0.5).exp().add(1).log(), x.sum({ axes: 1 }), x.sum({ axes: 0 }), x.max({ axes: 1 }), x.matmul(y)];
    const results = [...doubles, x.less(f32).where(x, f32)].map((result) => result.cast("f32"));
    check(results);
    const inputs = topological(results.map(({ node }) => node)).filter((node) => node.op.kind === "source" && node.op.from === "input");
    const lanesWith = (doubleLanes: number): Set<number> => {
      const { limits, passes } = nativeTier().target;
      const target: Target = { limits: { ...limits, lanes: 16, doubleLanes }, passes };
      const { program } = compile({ name: "t", inputs, outputs: results.map(({ node }) => node) }, target);
      return new Set([...printC(program).matchAll(/f64x(\d+)/g)].map(([, lanes]) => Number(lanes)));
    };
    expect(Math.max(...lanesWith(8))).toBe(8);
    expect(lanesWith(1)).toEqual(new Set());
  });
  describe("products larger than caches (of 16 KiB at most)", () => {
    const limits = { cacheBytes: [4096, 16384] } as const;
    const copies = (product: Tensor): number => {
      const inputs = topological([product.node]).filter((node) => node.op.kind === "source");
      const { kernels } = compile(
        { name: "t", inputs, outputs: [product.node] },
        { limits: { ...wasmTier().target.limits, ...limits }, passes: {} },
      ).program;
      return kernels.filter(({ name }) => name.startsWith("keep")).length;
    };
    const [x, w] = [input(0, 257, 20), input(1, 20, 260)];
    const [xt, wt] = [input(0, 20, 257), input(1, 260, 20)];
    for (const { title, product, copied } of [
      { title: "x W", product: x.matmul(w), copied: 0 },
      { title: "g W^T", product: x.matmul(wt.transpose()), copied: 1 },
      { title: "x^T g", product: xt.transpose().matmul(w), copied: 1 },
      { title: "x^T g^T", product: xt.transpose().matmul(wt.transpose()), copied: 2 },
      { title: "(x W)^T", product: x.contract("mk,kn->nm", w), copied: 2 },
    ]) {
      it(`${title}: operands are copied where tiles would read them across`, () => {
        check([product], { limits });
        expect(copies(product)).toBe(copied);
      });
    }
    it("few rows aren't worth a copy", () => {
      const product = input(0, 300, 20).contract("km,kn->mn", input(1, 300, 260));
      check([product], { limits });
      expect(copies(product)).toBe(0);
    });
    it("a sum too long for a packed column of tiles, in blocks", () => {
      check(
        [
          input(0, 21, 640)
            .matmul(input(1, 640, 70))
            .relu(),
        ],
        { limits: { cacheBytes: [4096, 2 ** 17] } },
      );
    });
    it("a short sum into a large result, row by row", () => {
      const [g, v, p] = [input(1, 5, 1030), input(2, 23, 1030), input(3, 23, 1030)];
      const moment = v.mul(0.9).add(input(0, 5, 23).transpose().matmul(g));
      check([moment, p.sub(moment.mul(0.1))], { limits });
    });
    it("a transposed copy, line by line", () => {
      check([input(0, 70, 96).transpose().add(1), input(1, 3, 33, 64, 5).transpose([0, 2, 1, 3]).mul(2)], { limits });
    });
  });
});

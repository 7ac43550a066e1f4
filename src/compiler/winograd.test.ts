import { describe, expect, it } from "vitest";
import { inNightly } from "../../test/nightly.ts";
import { relativeErrors } from "../../test/relative-errors.ts";
import { valueAndGrad } from "../autodiff/grad.ts";
import { nativeTier } from "../backends/cpu/native.ts";
import { Storage, storageFrom } from "../backends/cpu/storage.ts";
import { evaluateGraph } from "../backends/reference/evaluate.ts";
import { decode } from "../core/encoding.ts";
import type { Node } from "../ir/graph.ts";
import { topological } from "../ir/graph.ts";
import type { Program } from "../ir/program.ts";
import { convolve } from "../nn/layers/convolve.ts";
import { inputNode } from "../tensor/ops/source.ts";
import { Tensor } from "../tensor/tensor.ts";
import { compile } from "./compile.ts";
import type { Target } from "./target.ts";

const input = (slot: number, ...shape: number[]): Tensor => new Tensor(inputNode(slot, { dtype: "f32", shape }));

interface Shape {
  readonly n: number;
  readonly h: number;
  readonly w: number;
  readonly c: number;
  readonly f: number;
  readonly padding: "same" | "valid";
  readonly groups?: number;
}

const convolution = ([x, kernel]: readonly Tensor[], { padding, groups = 1 }: Shape): Tensor =>
  convolve("test", x!, kernel!, { sizes: [3, 3], strides: [1, 1], dilations: [1, 1], padding, groups });

const operands = ({ n, h, w, c, f, groups = 1 }: Shape): Tensor[] => [input(0, n, h, w, c), input(1, 3, 3, c / groups, f)];

const inputsOf = (roots: readonly Node[]): Node[] =>
  topological(roots).filter((node) => node.op.kind === "source" && node.op.from === "input");

const programOf = (outputs: readonly Tensor[], target: Target = nativeTier().target): Program => {
  const roots = outputs.map(({ node }) => node);
  return compile({ name: "t", inputs: inputsOf(roots), outputs: roots }, target).program;
};

/** Sums over 16 transformed elements of the image, which direct convolutions don't have. */
const inTiles = ({ kernels }: Program): number => kernels.filter(({ name }) => /^contract_\d+x4x4x\d+x\d+x\d/.test(name)).length;

/** Caches so small that every block fetches the whole kernel again: nothing is gained by tiles. */
const { target } = nativeTier();
const noCache: Target = { ...target, limits: { ...target.limits, cacheBytes: [0, 0] } };

const dataOf = (inputs: readonly Node[]): Map<Node, Float32Array> => {
  let seed = 1;
  const random = (): number => {
    seed = (seed * 16807) % 2147483647;
    return (seed / 2147483647) * 2 - 1;
  };
  return new Map(inputs.map((node) => [node, Float32Array.from({ length: node.type.shape.reduce((a, b) => a * b, 1) }, random)]));
};

function resultsOf(outputs: readonly Tensor[], { under = target, threads = 1 } = {}): Float64Array[] {
  const roots = outputs.map(({ node }) => node);
  const inputs = inputsOf(roots);
  const data = dataOf(inputs);
  const compiled = compile({ name: "t", inputs, outputs: roots }, under);
  const storages = compiled.program.arguments.map(({ buffer }, i) => {
    const { dtype, length } = compiled.program.buffers[buffer]!;
    return i < inputs.length ? storageFrom(Float64Array.from(data.get(inputs[i]!)!), { dtype, shape: [length] }) : new Storage(length * 4);
  });
  nativeTier({ threads }).compile(compiled.program).run(storages, 1);
  return roots.map((root, i) => Float64Array.from(decode(storages[compiled.outputs[i]!.argument]!.peek(), root.type.dtype)));
}

/** The error of each result beside what double precision says, as a part of its typical element: typically, and at worst. */
function errorsOf(outputs: readonly Tensor[], under: Target): { typical: number; worst: number }[] {
  const roots = outputs.map(({ node }) => node);
  const data = dataOf(inputsOf(roots));
  const wants = evaluateGraph(roots, (node) => Float64Array.from(data.get(node)!));
  return resultsOf(outputs, { under }).map((got, i) => relativeErrors(got, wants[i]!));
}

describe("convolutions in tiles", () => {
  const shapes: readonly Shape[] = [
    { n: 4, h: 8, w: 8, c: 16, f: 16, padding: "same" },
    { n: 4, h: 7, w: 9, c: 16, f: 16, padding: "same" },
    { n: 4, h: 9, w: 12, c: 16, f: 32, padding: "valid" },
    { n: 1, h: 16, w: 16, c: 32, f: 20, padding: "same" },
  ];
  const more: readonly Shape[] = [
    { n: 7, h: 6, w: 11, c: 20, f: 16, padding: "valid" },
    { n: 1, h: 32, w: 32, c: 16, f: 16, padding: "same" },
    { n: 3, h: 16, w: 6, c: 64, f: 64, padding: "same" },
  ];
  for (const shape of inNightly(shapes, [...shapes, ...more])) {
    it(`agree with double precision almost as well as others do: ${Object.values(shape).join(" ")}, with gradients`, () => {
      const [x, kernel] = operands(shape);
      const y = convolution([x!, kernel!], shape);
      expect(inTiles(programOf([y]))).toBe(1);
      const { grads } = valueAndGrad((p: Tensor[]) =>
        convolution(p, shape)
          .mul(input(2, ...y.shape))
          .sum(),
      )([x!, kernel!]);
      // The gradient of the image is a convolution too, by the kernel turned round, of a padded gradient.
      expect(inTiles(programOf([grads[0]!]))).toBe(1);
      const outputs = [y, y.add(1).relu(), ...grads];
      expect(inTiles(programOf(outputs, noCache))).toBe(0);
      const direct = errorsOf(outputs, noCache);
      for (const [i, { typical, worst }] of errorsOf(outputs, target).entries()) {
        expect(typical).toBeLessThan(3 * direct[i]!.typical);
        expect(worst).toBeLessThan(1e-5);
      }
    });
  }

  it("give the same bits whatever the number of threads", () => {
    const [x, kernel] = operands(shapes[0]!);
    const { value, grads } = valueAndGrad((p: Tensor[]) => convolution(p, shapes[0]!).relu().square().sum())([x!, kernel!]);
    const outputs = [value, ...grads];
    const [one, two, three] = [1, 2, 3].map((threads) => resultsOf(outputs, { threads }));
    expect(two).toEqual(one);
    expect(three).toEqual(one);
  });

  it("are those by kernels of 3 x 3, one place apart, with channels enough on both sides", () => {
    const plain = shapes[0]!;
    const isInTiles = (shape: Shape, geometry: { readonly strides?: number; readonly dilations?: number; readonly size?: number } = {}) => {
      const { strides = 1, dilations = 1, size = 3 } = geometry;
      const [x] = operands(shape);
      const kernel = input(1, size, size, shape.c / (shape.groups ?? 1), shape.f);
      const both = (value: number): [number, number] => [value, value];
      const options = { sizes: both(size), strides: both(strides), dilations: both(dilations), padding: shape.padding };
      return inTiles(programOf([convolve("test", x!, kernel, { ...options, groups: shape.groups ?? 1 })])) === 1;
    };
    expect(isInTiles(plain)).toBe(true);
    for (const geometry of [{ strides: 2 }, { dilations: 2 }, { size: 5 }, { size: 2 }]) expect(isInTiles(plain, geometry)).toBe(false);
    expect(isInTiles({ ...plain, groups: 2 })).toBe(false);
    expect(isInTiles({ ...plain, c: 3 })).toBe(false);
    expect(isInTiles({ ...plain, f: 3 })).toBe(false);
    // Transforming the kernel is more than a few tiles save.
    expect(isInTiles({ ...plain, n: 1, h: 4, w: 4, c: 64, f: 64 })).toBe(false);
  });

  it("keep nothing of the size of all tiles", () => {
    const shape: Shape = { n: 16, h: 16, w: 16, c: 16, f: 16, padding: "same" };
    const { buffers } = programOf([convolution(operands(shape), shape)]);
    const most = Math.max(...buffers.filter(({ place }) => place.kind === "temporary").map(({ length }) => length));
    expect(most).toBeLessThan(2 * 16 * 16 * 16 * 16);
  });
});

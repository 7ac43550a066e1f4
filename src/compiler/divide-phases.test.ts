import { describe, expect, it } from "vitest";
import { inNightly } from "../../test/nightly.ts";
import { grad } from "../autodiff/grad.ts";
import { nativeTier } from "../backends/cpu/native.ts";
import { Storage, storageFrom } from "../backends/cpu/storage.ts";
import { wasmTier } from "../backends/cpu/wasm.ts";
import { evaluateGraph } from "../backends/reference/evaluate.ts";
import { decode } from "../core/encoding.ts";
import type { Node } from "../ir/graph.ts";
import { topological } from "../ir/graph.ts";
import { convolve, convolveTransposed } from "../nn/layers/convolve.ts";
import { inputNode } from "../tensor/ops/source.ts";
import { Tensor } from "../tensor/tensor.ts";
import { compile } from "./compile.ts";
import { dividePhases } from "./divide-phases.ts";
import { foldContractions } from "./fold-contractions.ts";
import { narrowContractions } from "./narrow-contractions.ts";
import { spacedAxes } from "./spaced-axes.ts";

const input = (slot: number, ...shape: number[]): Tensor => new Tensor(inputNode(slot, { dtype: "f32", shape }));
const numbers = (node: Node): Float64Array =>
  Float64Array.from({ length: node.type.shape.reduce((a, b) => a * b, 1) }, (_, i) => Math.fround(Math.sin((i + 1) * 12.9898 + node.id)));
const distance = (a: ArrayLike<number>, b: ArrayLike<number>): number =>
  Array.from(a).reduce((worst, value, i) => Math.max(worst, Math.abs(value - b[i]!)), a.length === b.length ? 0 : Infinity);

interface Case {
  readonly lengths: readonly number[];
  readonly sizes: readonly number[];
  readonly strides: readonly number[];
  readonly dilations: readonly number[];
  readonly padding: "same" | "valid";
  readonly groups?: number;
  readonly batch?: number;
}
const geometries = (rank: number, lengths: readonly number[], sizes: readonly number[], strides: readonly number[]): Case[] => {
  const all = (value: number): number[] => Array.from({ length: rank }, () => value);
  const list: Case[] = [];
  for (const length of lengths)
    for (const size of sizes)
      for (const stride of strides)
        for (const dilation of [1, 2, 3])
          for (const padding of ["same", "valid"] as const) {
            const given = { lengths: all(length), sizes: all(size), strides: all(stride), dilations: all(dilation), padding };
            if (padding === "same" || (size - 1) * dilation < length) list.push(given);
          }
  return list;
};

/** The gradient of a convolution by its input, as the graph that autodiff writes down. */
function byInput({ lengths, groups = 1, batch = 24, ...geometry }: Case): Tensor {
  const x = input(0, batch, ...lengths, 2 * groups);
  const kernel = input(1, ...geometry.sizes, 2, 3 * groups);
  return grad((images: Tensor) => {
    const y = convolve("test", images, kernel, { ...geometry, groups });
    return y.mul(input(2, ...y.shape)).sum();
  })(x);
}
/** A transposed convolution's result, cut at its ends where `from` and `lengths` say so. */
const transposed = (batch: number, count: number, size: number, stride: number, from: number, length: number): Tensor => {
  const whole = (count - 1) * stride + size;
  const geometry = { sizes: [size, size], strides: [stride, stride], dilations: [1, 1], padding: "valid" } as const;
  const y = convolveTransposed(input(0, batch, count, count, 3), input(1, size, size, 2, 3), geometry, [whole, whole]);
  return y.slice([0, from, from, 0], [batch, length, length, 2]);
};

const prepared = (y: Tensor): Node[] => narrowContractions(foldContractions([y.node]));
const contractions = (roots: readonly Node[]): Node[] => topological(roots).filter(({ op }) => op.kind === "contract");
const spacings = (node: Node): number[] =>
  node.inputs.flatMap((operand) =>
    (operand.inputs.length === 1 ? (spacedAxes(operand, operand.inputs[0]!) ?? []) : []).map(({ spacing }) => spacing),
  );

/** The worst difference from the graph as it was, computed in f64 on both sides; no room between elements may be left. */
function compared(y: Tensor): number {
  const before = prepared(y);
  const after = dividePhases(before);
  expect(Math.max(1, ...contractions(before).flatMap(spacings))).toBeGreaterThan(1);
  expect(Math.max(1, ...contractions(after).flatMap(spacings))).toBe(1);
  const [want] = evaluateGraph([y.node], numbers);
  return distance(evaluateGraph(after, numbers)[0]!, want!);
}
/** Whether the graph stays as it is. */
function isLeft(y: Tensor): boolean {
  const [before] = prepared(y);
  return dividePhases([before!])[0] === before;
}
const label = ({ lengths, sizes, strides, dilations, padding, groups = 1 }: Case): string =>
  `${lengths} by ${sizes}, strides ${strides}, dilations ${dilations}, ${padding}${groups > 1 ? `, ${groups} groups` : ""}`;

describe("what multiplies inserted zeros, divided into phases, is the graph as it was", () => {
  it("gradients of convolutions of one dimension by their input: small lengths, windows, strides and dilations", () => {
    for (const given of geometries(1, inNightly([8, 11], [8, 9, 10, 11]), [1, 2, 3, 4, 5], [2, 3, 4])) {
      const y = byInput({ ...given, batch: 100 });
      const isDivided = given.sizes[0] === 1 || (given.dilations[0]! + 1) % given.strides[0]! <= 2;
      if (isDivided) expect(compared(y), label(given)).toBeLessThan(1e-12);
      // Taps that are 2 apart meet every second of 4 phases, which is no even division.
      else expect(isLeft(y), label(given)).toBe(true);
    }
  });

  it("of two and three, with strides, windows and lengths of their own for each axis, and groups", () => {
    const cases: Case[] = [
      ...geometries(2, inNightly([7], [7, 8]), [1, 2, 3, 4], [2, 3]).filter(({ dilations }) => dilations[0] === 1),
      { lengths: [9, 8], sizes: [3, 5], strides: [2, 3], dilations: [1, 2], padding: "same" },
      { lengths: [8, 9], sizes: [2, 3], strides: [3, 2], dilations: [1, 1], padding: "valid" },
      { lengths: [8, 9], sizes: [3, 3], strides: [1, 2], dilations: [1, 3], padding: "same" },
      { lengths: [8, 7], sizes: [4, 4], strides: [2, 2], dilations: [2, 1], padding: "same" },
      { lengths: [8, 8], sizes: [3, 3], strides: [2, 2], dilations: [1, 1], padding: "same", groups: 3 },
      { lengths: [5, 6, 4], sizes: [3, 3, 3], strides: [2, 2, 2], dilations: [1, 1, 1], padding: "same" },
      { lengths: [5, 6, 7], sizes: [2, 3, 1], strides: [2, 1, 3], dilations: [1, 1, 1], padding: "valid" },
    ];
    for (const given of cases) expect(compared(byInput(given)), label(given)).toBeLessThan(1e-12);
  });

  it("transposed convolutions, whole and cut", () => {
    for (const size of inNightly([3, 4], [2, 3, 4, 5])) {
      for (const stride of [2, 3]) {
        const whole = 4 * stride + size;
        for (const from of [0, 1, 2]) {
          expect(compared(transposed(16, 5, size, stride, from, whole - from)), `${size}, ${stride}, from ${from}`).toBeLessThan(1e-12);
        }
        expect(compared(transposed(16, 5, size, stride, Math.floor((size - stride) / 2 + 1), 4 * stride))).toBeLessThan(1e-12);
      }
    }
  });
});

// Kernels apart from each other, so that each can be counted.
describe("a program in phases", () => {
  const cases: [string, Tensor, number][] = [
    // 2 · 4 channels · 6 filters for each of 8 images' 16x16 places and each tap.
    ["3x3, stride 2, same", byInputOf(16, 3, 2, "same"), 48 * 8 * 64 * 16],
    ["3x3, stride 2, odd, valid", byInputOf(17, 3, 2, "valid"), 48 * 8 * 81 * 16],
    ["4x4, stride 2, same", byInputOf(16, 4, 2, "same"), 48 * 8 * 64 * 16],
    ["1x1, stride 2", byInputOf(16, 1, 2, "same"), 48 * 8 * 64],
    // The place before the first belongs to the first window.
    ["5x5, stride 3, same", byInputOf(18, 5, 3, "same"), 48 * 8 * 49 * 36],
    ["2x2, stride 3", byInputOf(18, 2, 3, "same"), 48 * 8 * 36 * 4],
  ];
  for (const [name, y, operations] of cases) {
    it(`${name}: results of the reference, ${operations} operations, on wasm and native`, () => {
      for (const backend of [wasmTier({ relaxedSimd: false }), nativeTier()]) {
        const inputs = topological([y.node]).filter(({ op }) => op.kind === "source" && op.from === "input");
        const { program } = compile({ name: "t", inputs, outputs: [y.node] }, { ...backend.target, passes: {} });
        const work = program.kernels.filter((kernel) => kernel.name.startsWith("contract")).map((kernel) => kernel.work.operations);
        expect(work).toEqual([operations]);
        const storages = [...inputs.map((node) => storageFrom(numbers(node), node.type)), new Storage(4 * y.size)];
        backend.compile(program).run(storages, 1);
        const [want] = evaluateGraph([y.node], numbers);
        expect(distance(decode(storages.at(-1)!.peek(), "f32"), want!)).toBeLessThan(1e-4);
      }
    });
  }

  it("a decoder's layer is one contraction: bias, mask and a sum with values spread by the stride join it", () => {
    for (const [size, channels] of [
      [4, 16],
      [3, 5],
      [4, 24],
    ] as const) {
      const geometry = { sizes: [size, size], strides: [2, 2], dilations: [1, 1], padding: "same" } as const;
      const images = input(0, 4, 6, 6, 7);
      const whole = convolveTransposed(images, input(1, size, size, channels, 7), geometry, [10 + size, 10 + size]);
      const cut = Math.floor((size - 2) / 2);
      const y = whole.slice([0, cut, cut, 0], [4, 12, 12, channels]).add(input(2, channels));
      const one = [0, 1] as const;
      const none = [0, 0] as const;
      const spread = input(3, 4, 6, 1, 6, 1, channels).pad([none, none, one, none, one, none]).reshape(y.shape);
      const sum = y.relu().add(spread);
      for (const backend of [wasmTier({ relaxedSimd: false }), nativeTier()]) {
        const inputs = topological([sum.node]).filter(({ op }) => op.kind === "source" && op.from === "input");
        const { program } = compile({ name: "t", inputs, outputs: [sum.node] }, { ...backend.target, passes: {} });
        expect(program.kernels.filter(({ name }) => !/^(pad|keep|phases)/.test(name)).map(({ name }) => name)).toEqual([
          `contract_add_4x6x2x6x2x${channels}`,
        ]);
        const storages = [...inputs.map((node) => storageFrom(numbers(node), node.type)), new Storage(4 * sum.size)];
        backend.compile(program).run(storages, 1);
        expect(distance(decode(storages.at(-1)!.peek(), "f32"), evaluateGraph([sum.node], numbers)[0]!)).toBeLessThan(1e-4);
      }
    }
  });

  it("a kernel's copy that would cost more than it saves isn't made", () => {
    const y = byInput({ lengths: [4, 4], sizes: [3, 3], strides: [2, 2], dilations: [1, 1], padding: "same", batch: 1 });
    expect(isLeft(y)).toBe(true);
  });
});

function byInputOf(length: number, size: number, stride: number, padding: "same" | "valid"): Tensor {
  const kernel = input(1, size, size, 4, 6);
  return grad((images: Tensor) => {
    const y = convolve("test", images, kernel, { sizes: [size, size], strides: [stride, stride], dilations: [1, 1], padding });
    return y.mul(input(2, ...y.shape)).sum();
  })(input(0, 8, length, length, 4));
}

import { describe, expect, it } from "vitest";
import { inNightly } from "../../test/nightly.ts";
import { relativeErrors } from "../../test/relative-errors.ts";
import { valueAndGrad } from "../autodiff/grad.ts";
import { nativeTier } from "../backends/cpu/native.ts";
import { Storage, storageFrom } from "../backends/cpu/storage.ts";
import { decode } from "../core/encoding.ts";
import { topological } from "../ir/graph.ts";
import type { Program } from "../ir/program.ts";
import { convolve } from "../nn/layers/convolve.ts";
import { inputNode } from "../tensor/ops/source.ts";
import { Tensor } from "../tensor/tensor.ts";
import { compile } from "./compile.ts";
import type { Target } from "./target.ts";

interface Shape {
  readonly n: number;
  readonly h: number;
  readonly w: number;
  readonly c: number;
  readonly f: number;
  readonly padding: "same" | "valid";
  readonly size?: number;
  readonly stride?: number;
  readonly dilation?: number;
}

const withCache = (cacheBytes: Target["limits"]["cacheBytes"]): Target => {
  const { target } = nativeTier();
  return { ...target, limits: { ...target.limits, cacheBytes } };
};
const target = withCache([48 * 2 ** 10, 2 ** 21]);
/** A cache in which nothing transformed stays. */
const noCache = withCache([0, 0]);

const input = (slot: number, ...shape: number[]): Tensor => new Tensor(inputNode(slot, { dtype: "f32", shape }));

function programOf({ n, h, w, c, f, padding, size = 3, stride = 1, dilation = 1 }: Shape, under = target): Program {
  const pair = (value: number): [number, number] => [value, value];
  const geometry = { sizes: pair(size), strides: pair(stride), dilations: pair(dilation), padding, groups: 1 };
  const [x, kernel] = [input(0, n, h, w, c), input(2, size, size, c, f)];
  const { grads } = valueAndGrad((given: Tensor) => {
    const y = convolve("test", x, given, geometry);
    return y.mul(input(1, ...y.shape)).sum();
  })(kernel);
  const outputs = [grads.node];
  const inputs = topological(outputs).filter((node) => node.op.kind === "source" && node.op.from === "input");
  inputs.sort((a, b) => (a.attributes as { slot: number }).slot - (b.attributes as { slot: number }).slot);
  return compile({ name: "t", inputs, outputs }, under).program;
}

const isInTiles = ({ kernels }: Program): boolean => kernels.some(({ name }) => /x6x6x/.test(name));

/** Numbers from -1 to 1. */
function random(length: number, seed: number): Float32Array {
  let state = seed;
  return Float32Array.from({ length }, () => {
    state = (state * 16807) % 2147483647;
    return (state / 2147483647) * 2 - 1;
  });
}

const sizesOf = ({ n, h, w, c, f, padding }: Shape): { down: number; across: number; x: Float32Array; g: Float32Array } => {
  const [down, across] = padding === "same" ? [h, w] : [h - 2, w - 2];
  return { down, across, x: random(n * h * w * c, 1), g: random(n * down * across * f, 2) };
};

function resultOf(shape: Shape, { under = target, threads = 1 } = {}): Float64Array {
  const { x, g } = sizesOf(shape);
  const result = new Storage(4 * 9 * shape.c * shape.f);
  const given = [x, g].map((data) => storageFrom(data, { dtype: "f32", shape: [data.length] }));
  nativeTier({ threads })
    .compile(programOf(shape, under))
    .run([...given, result], 1);
  return Float64Array.from(decode(result.peek(), "f32"));
}

/** What the gradient is by definition: for each tap, channel and filter the sum over all places, in double precision. */
function definition(shape: Shape): Float64Array {
  const { n, h, w, c, f, padding } = shape;
  const { down, across, x, g } = sizesOf(shape);
  const before = padding === "same" ? 1 : 0;
  const out = new Float64Array(9 * c * f);
  for (let p = 0; p < 3; p++) {
    for (let q = 0; q < 3; q++) {
      for (let place = 0; place < n * down * across; place++) {
        const [row, column] = [(Math.floor(place / across) % down) + p - before, (place % across) + q - before];
        if (row < 0 || row >= h || column < 0 || column >= w) continue;
        const from = ((Math.floor(place / (down * across)) * h + row) * w + column) * c;
        for (let i = 0; i < c; i++) for (let j = 0; j < f; j++) out[((p * 3 + q) * c + i) * f + j]! += x[from + i]! * g[place * f + j]!;
      }
    }
  }
  return out;
}

describe("gradients of kernels in tiles", () => {
  const plain: Shape = { n: 64, h: 8, w: 8, c: 16, f: 16, padding: "same" };
  const shapes: readonly Shape[] = [
    plain,
    // Neither height nor width is a multiple of a tile's, with and without padding.
    { n: 51, h: 7, w: 11, c: 16, f: 32, padding: "same" },
    { n: 19, h: 9, w: 18, c: 16, f: 20, padding: "valid" },
    // One image, a row or more of tiles for each part of the sum.
    { n: 1, h: 128, w: 32, c: 16, f: 16, padding: "same" },
  ];
  const more: readonly Shape[] = [
    { n: 16, h: 16, w: 12, c: 32, f: 16, padding: "same" },
    { n: 1, h: 66, w: 35, c: 32, f: 32, padding: "valid" },
    { n: 32, h: 8, w: 8, c: 64, f: 48, padding: "same" },
  ];
  for (const shape of inNightly(shapes, [...shapes, ...more])) {
    it(`agree with the definition in double precision as well as windows do: ${Object.values(shape).join(" ")}`, () => {
      expect(isInTiles(programOf(shape))).toBe(true);
      expect(isInTiles(programOf(shape, noCache))).toBe(false);
      const want = definition(shape);
      const tiles = relativeErrors(resultOf(shape), want);
      const windows = relativeErrors(resultOf(shape, { under: noCache }), want);
      expect(tiles.typical).toBeLessThan(3 * windows.typical);
      expect(tiles.worst).toBeLessThan(1e-5);
    });
  }

  it("give the same bits whatever the number of threads", () => {
    for (const shape of inNightly([plain], [plain, shapes[1]!])) {
      const one = resultOf(shape);
      expect(resultOf(shape, { threads: 2 })).toEqual(one);
      expect(resultOf(shape, { threads: 3 })).toEqual(one);
    }
  });

  it("are those of kernels of 3 x 3, one place apart, with channels and places enough", () => {
    const others: Partial<Shape>[] = [
      { size: 5 },
      { size: 2 },
      { stride: 2 },
      { dilation: 2 },
      { c: 3 },
      { f: 8 },
      { n: 2 },
      { h: 2, w: 2 },
    ];
    for (const other of others) expect(isInTiles(programOf({ ...plain, ...other }))).toBe(false);
  });
});

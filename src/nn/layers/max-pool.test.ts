import { describe, expect, it } from "vitest";
import { distance, evaluated } from "../../../test/contract/evaluated.ts";
import { numbers } from "../../../test/contract/layer.ts";
import { grad } from "../../autodiff/grad.ts";
import { wasmTier } from "../../backends/cpu/wasm.ts";
import { compile } from "../../compiler/compile.ts";
import { topological } from "../../ir/graph.ts";
import { input, tensor } from "../../tensor/create.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { maxPool } from "./max-pool.ts";
import type { WindowGeometry } from "./windowed.ts";

const square = (size: number, stride: number, padding: WindowGeometry["padding"] = "valid"): WindowGeometry => ({
  sizes: [size, size],
  strides: [stride, stride],
  dilations: [1, 1],
  padding,
});

/** The gradient of Σ 10·y by the definition: all of it to the first of the largest elements of each window. */
function firstWins(x: readonly number[], length: number, size: number, stride: number): number[] {
  const gradient = x.map(() => 0);
  const count = Math.floor((length - size) / stride) + 1;
  for (let i = 0; i < count; i++) {
    for (let j = 0; j < count; j++) {
      const places = Array.from({ length: size * size }, (_, p) => (i * stride + Math.floor(p / size)) * length + j * stride + (p % size));
      const largest = Math.max(...places.map((place) => x[place]!));
      gradient[places.find((place) => x[place] === largest)!]! += 10;
    }
  }
  return gradient;
}

describe("maxPool", () => {
  for (const [size, stride] of [
    [2, 2],
    [3, 3],
    [3, 2],
    [2, 1],
    [3, 1],
  ] as const) {
    it(`gives the gradient to the first of equal elements, as the definition says (size ${size}, stride ${stride})`, () => {
      const values = Array.from({ length: 36 }, (_, i) => (i * 7 + Math.floor(i / 5)) % 3);
      const x = tensor(Float64Array.from(values), { shape: [1, 6, 6, 1] });
      const dx = grad((images: Tensor) => maxPool("test", images, square(size, stride)).sum().mul(10))(x);
      expect(evaluated(dx)).toEqual(firstWins(values, 6, size, stride));
    });
  }

  it("gives padding nothing, however small the elements are", () => {
    const x = tensor(
      Float64Array.from({ length: 9 }, () => -1e300),
      { shape: [1, 3, 3, 1] },
    );
    expect(evaluated(maxPool("test", x, square(2, 2, "same")))).toEqual([-1e300, -1e300, -1e300, -1e300]);
    const dx = grad((images: Tensor) => maxPool("test", images, square(2, 2, "same")).sum())(x);
    expect(evaluated(dx)).toEqual([1, 0, 1, 0, 0, 0, 1, 0, 1]);
  });

  for (const stride of [2, 1]) {
    it(`has a gradient that can be differentiated: of Σ y⁴ twice is 12·y² at the winners (size 2, stride ${stride})`, () => {
      const x = numbers([1, 4, 4, 2], 3);
      const pool = (images: Tensor): Tensor => maxPool("test", images, square(2, stride));
      const first = grad((images: Tensor) => pool(images).square().square().sum());
      const second = grad((images: Tensor) => first(images).sum())(x);
      const wins = evaluated(grad((images: Tensor) => pool(images).sum())(x));
      expect(
        distance(
          evaluated(second),
          evaluated(x).map((value, i) => wins[i]! * 12 * value ** 2),
        ),
      ).toBeLessThan(1e-12);
    });
  }

  for (const [size, stride, calls] of [
    [2, 2, 2],
    [3, 2, 3],
  ] as const) {
    it(`and its gradient are compiled to ${calls} kernels, without a buffer larger than the input (size ${size}, stride ${stride})`, () => {
      const x = input(0, { dtype: "f32", shape: [4, 16, 16, 8] });
      const pool = (images: Tensor): Tensor => maxPool("test", images.relu(), square(size, stride));
      const outputs = [pool(x), grad((images: Tensor) => pool(images).square().sum())(x)].map(({ node }) => node);
      const literals = topological(outputs).filter(({ op }) => op.kind === "source" && op.from === "literal");
      const { program } = compile({ name: "t", inputs: [x.node, ...literals], outputs }, wasmTier().target);
      expect(Math.max(...program.buffers.map(({ length }) => length))).toBe(x.size);
      // Which places won is computed in the kernel that pools.
      expect(program.calls.length).toBe(calls);
    });
  }
});

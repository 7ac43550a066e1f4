import { grad } from "../../src/autodiff/grad.ts";
import type { Tier } from "../../src/backends/cpu/tier.ts";
import type { Shape } from "../../src/core/shape.ts";
import { sizeOf } from "../../src/core/shape.ts";
import { convolveTransposed } from "../../src/nn/layers/convolve.ts";
import { maxPool } from "../../src/nn/layers/max-pool.ts";
import { tensor } from "../../src/tensor/create.ts";
import type { Tensor } from "../../src/tensor/tensor.ts";
import { computedBy } from "../table/tiers.ts";
import { tolerance } from "../tolerance.ts";

/** A program whose results were wrong with some compiler, and what they are by definition. */
export interface FaultProgram {
  readonly name: string;
  readonly float: "f32" | "f64";
  readonly results: readonly Tensor[];
  readonly wanted: readonly (readonly number[])[];
}

type Float = FaultProgram["float"];

/** Numbers that both float types hold. */
const wave = (shape: Shape, shift: number): number[] =>
  Array.from({ length: sizeOf(shape) }, (_, i) => Math.fround(Math.sin(i * i + shift)));

/** The largest of each channel, and a one where the first of them was. */
function globalMaxPooling(float: Float): FaultProgram {
  const [steps, channels] = [8, 3];
  const values = wave([1, steps, channels], 0);
  const geometry = { sizes: [steps], strides: [steps], dilations: [1], padding: "valid" } as const;
  const pooled = (x: Tensor): Tensor => maxPool("test", x, geometry);
  const x = tensor(values, { shape: [1, steps, channels], dtype: float });
  const largest = Array.from({ length: channels }, (_, c) => Math.max(...values.filter((_, i) => i % channels === c)));
  return {
    name: "global max pooling and its gradient",
    float,
    results: [pooled(x), grad((x: Tensor) => pooled(x).sum())(x)],
    wanted: [largest, values.map((_, i) => (values.indexOf(largest[i % channels]!) === i ? 1 : 0))],
  };
}

/** relu of pixels of three channels times a 3x3 matrix, and the gradient of a weighted sum of that. */
function transposedConvolution(float: Float): FaultProgram {
  const shape = [2, 3, 3, 3];
  const [xs, ws, ks] = [wave(shape, 1), wave(shape, 1), wave([3, 3], 1)];
  const given = (values: readonly number[], shape: Shape): Tensor => tensor([...values], { shape, dtype: float });
  const [kernel, bias, w] = [given(ks, [1, 1, 3, 3]), given([0, 0, 0], [3]), given(ws, shape)];
  const geometry = { sizes: [1, 1], strides: [1, 1], dilations: [1, 1], padding: "valid" } as const;
  const layer = (x: Tensor): Tensor => convolveTransposed(x, kernel, geometry, [3, 3]).add(bias).relu();
  const x = given(xs, shape);
  // kernel[f, c] makes filter f of channel c.
  const sum = (term: (i: number) => number): number => term(0) + term(1) + term(2);
  const before = xs.map((_, i) => sum((c) => xs[i - (i % 3) + c]! * ks[(i % 3) * 3 + c]!));
  return {
    name: "a transposed convolution with relu and its gradient",
    float,
    results: [layer(x), grad((x: Tensor) => layer(x).mul(w).sum())(x)],
    wanted: [
      before.map((value) => Math.max(0, value)),
      xs.map((_, i) => sum((f) => (before[i - (i % 3) + f]! > 0 ? ws[i - (i % 3) + f]! * ks[f * 3 + (i % 3)]! : 0))),
    ],
  };
}

export const faultPrograms = (): FaultProgram[] =>
  (["f32", "f64"] as const).flatMap((float) => [globalMaxPooling(float), transposedConvolution(float)]);

/** What is wrong with a program's results on a backend; undefined if nothing. */
export function programFault(backend: Tier, { name, float, results, wanted }: FaultProgram): string | undefined {
  const { absolute } = tolerance(float, 3);
  const found = computedBy(backend, name, results);
  for (const [i, values] of wanted.entries()) {
    const j = values.findIndex((value, k) => !(Math.abs(found[i]![k]! - value) <= absolute));
    if (j >= 0) return `${name} in ${float}: output ${i} [${j}] is ${found[i]![j]}, by definition ${values[j]}`;
  }
  return undefined;
}

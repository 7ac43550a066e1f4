import { expect } from "vitest";
import { backward } from "../../src/autodiff/backward.ts";
import { isFloat } from "../../src/core/dtype.ts";
import { tensor } from "../../src/tensor/create.ts";
import type { Tensor } from "../../src/tensor/tensor.ts";
import { elementsOf, randomNumbers, sample, valuesOf } from "./reference.ts";

/** A weighted sum, so that a gradient that is only right on average is found out. */
const weighted = (y: Tensor, seed: number): Tensor =>
  y.mul(tensor(sample(randomNumbers(seed), [y.size]), { shape: y.shape, dtype: "f64" })).sum();

/**
 * Holds the gradients of `f(inputs)` for each float input against central differences in float64, and those of its gradients as well where
 * `second` is not false.
 */
export function checkGradients(
  f: (inputs: readonly Tensor[]) => Tensor,
  inputs: readonly Tensor[],
  values: readonly number[][],
  { second = true } = {},
): void {
  const loss = weighted(f(inputs), 11);
  const targets = inputs.filter((x) => isFloat(x.dtype)).map((x) => x.node);
  const gradients = backward(loss, loss.fill(1), targets);
  compare(loss, gradients, inputs, values);
  if (!second) return;
  const present = gradients.filter((g) => g !== undefined);
  if (present.length === 0) return;
  const slope = present.map((g, i) => weighted(g, 23 + i)).reduce((a, b) => a.add(b));
  compare(slope, backward(slope, slope.fill(1), targets), inputs, values);
}

const step = 1e-5;

function compare(y: Tensor, gradients: readonly (Tensor | undefined)[], inputs: readonly Tensor[], values: readonly number[][]): void {
  let which = 0;
  inputs.forEach((x, slot) => {
    if (!isFloat(x.dtype)) return;
    const g = gradients[which++];
    const got = g === undefined ? new Array<number>(x.size).fill(0) : valuesOf([g], values)[0]!;
    if (g !== undefined) expect(g.shape).toEqual(x.shape);
    const want = values[slot]!.map((_, i) => (at(y, values, slot, i, step) - at(y, values, slot, i, -step)) / (2 * step));
    got.forEach((value, i) => {
      expect(Math.abs(value - want[i]!), `input ${slot}, element ${i}: ${value} and ${want[i]}`).toBeLessThan(
        2e-6 * (1 + Math.abs(want[i]!)),
      );
    });
  });
}

const at = (y: Tensor, values: readonly number[][], slot: number, i: number, change: number): number =>
  elementsOf(
    y,
    values.map((list, s) => (s === slot ? list.with(i, list[i]! + change) : list)),
  )[0]!;

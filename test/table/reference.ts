import { evaluateGraph } from "../../src/backends/reference/evaluate.ts";
import type { DType } from "../../src/core/dtype.ts";
import type { Shape } from "../../src/core/shape.ts";
import { sizeOf } from "../../src/core/shape.ts";
import type { InputAttributes } from "../../src/ir/graph.ts";
import { input } from "../../src/tensor/create.ts";
import type { Tensor } from "../../src/tensor/tensor.ts";

/** The elements of some tensors by the reference backend, in double precision. `values` are what `input` slots hold. */
export function valuesOf(tensors: readonly Tensor[], values: readonly ArrayLike<number>[] = []): number[][] {
  const results = evaluateGraph(
    tensors.map((t) => t.node),
    (source) => values[(source.attributes as InputAttributes).slot]!,
  );
  return results.map((result) => [...result]);
}

export const elementsOf = (t: Tensor, values?: readonly ArrayLike<number>[]): number[] => valuesOf([t], values)[0]!;

/** Slots 0, 1, ... of these shapes. */
export const slots = (shapes: readonly Shape[], dtype: DType = "f64"): Tensor[] =>
  shapes.map((shape, slot) => input(slot, { dtype, shape }));

/** The minimal standard generator: test data that is the same everywhere. */
export function randomNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 16807) % 2147483647;
    return state / 2147483647;
  };
}

/** Numbers in an interval for a tensor of this shape. */
export const sample = (next: () => number, shape: Shape, [low, high]: readonly [number, number] = [-2, 2]): number[] =>
  Array.from({ length: sizeOf(shape) }, () => low + (high - low) * next());

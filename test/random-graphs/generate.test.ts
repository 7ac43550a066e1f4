import { describe, expect, it } from "vitest";
import { evaluateGraph } from "../../src/backends/reference/evaluate.ts";
import { topological } from "../../src/ir/graph.ts";
import { verifyGraph } from "../../src/ir/verify.ts";
import { inNightly } from "../nightly.ts";
import { randomGraph } from "./generate.ts";
import { layerGradient } from "./layer-gradient.ts";

const seeds = Array.from({ length: inNightly(100, 1000) }, (_, seed) => seed);

describe("random graphs", () => {
  it("are the same for the same seed", () => {
    for (const seed of [0, 7, 123]) expect(randomGraph(seed).describe).toBe(randomGraph(seed).describe);
  });

  it("are well formed, hold every kind of op and evaluate without NaN on the reference", () => {
    const kinds = new Set<string>();
    for (const seed of seeds) {
      const { roots, inputs, describe: what, tolerances } = randomGraph(seed);
      verifyGraph(roots);
      for (const node of topological(roots)) kinds.add(node.op.kind);
      evaluateGraph(roots, (node) => inputs.get(node)!).forEach((values, i) => {
        expect(values.length, what).toBe(roots[i]!.type.shape.reduce((n, d) => n * d, 1));
        expect(values.includes(Number.NaN), what).toBe(false);
        expect(tolerances[i], what).toBeGreaterThanOrEqual(0);
      });
    }
    expect([...kinds].sort()).toEqual(["contract", "elementwise", "gather", "movement", "reduce", "scatter", "source"]);
  });
});

describe("gradients of random layers", () => {
  it("are the same for the same seed, of the float type asked for", () => {
    for (const seed of [0, 7, 123]) {
      expect(layerGradient(seed).describe).toBe(layerGradient(seed).describe);
      for (const float of ["f32", "f64"] as const) expect(layerGradient(seed, float).roots[0]!.type.dtype).toBe(float);
    }
  });

  it("are well formed and, as the reference computes them in f64, numbers that f32 holds", () => {
    for (const seed of seeds) {
      const { roots, inputs, describe: what } = layerGradient(seed);
      verifyGraph(roots);
      for (const values of evaluateGraph(roots, (node) => inputs.get(node)!)) {
        expect(
          values.every((value) => value === Math.fround(value)),
          what,
        ).toBe(true);
      }
    }
  });
});

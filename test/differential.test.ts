import { describe, expect, it } from "vitest";
import { nativeAvailability, nativeTier } from "../src/backends/cpu/native.ts";
import type { Tier } from "../src/backends/cpu/tier.ts";
import { wasmTier } from "../src/backends/cpu/wasm.ts";
import { inNightly } from "./nightly.ts";
import type { RandomGraph } from "./random-graphs/generate.ts";
import { graphGradient, randomGraph } from "./random-graphs/generate.ts";
import { layerGradient } from "./random-graphs/layer-gradient.ts";
import { modelGradient } from "./random-graphs/model-gradient.ts";
import { mismatch } from "./random-graphs/run-graph.ts";

/** Seeds count from here, so that GRADSMITH_SEED=1000 tries others, and a failing program can be run alone. */
const first = Number(process.env["GRADSMITH_SEED"] ?? 0);

interface Family {
  readonly title: string;
  readonly make: (seed: number) => RandomGraph;
  readonly isLarge?: boolean;
  /** How many of them by day and at night, on each backend. */
  readonly counts: { readonly wasm: number; readonly native: number };
}

const halves = ["bf16", "f16"] as const;
const arithmetics = ["f32", "f64", "bf16"] as const;
const families: readonly Family[] = [
  {
    title: "random graph %i: fused = unfused = reference, in fewer kernels",
    make: (seed) => randomGraph(seed),
    counts: { wasm: inNightly(60, 400), native: inNightly(12, 250) },
  },
  {
    title: "random graph %i of half floats: fused = unfused = reference, rounded at every op",
    make: (seed) => randomGraph(seed, halves[seed % 2]),
    counts: { wasm: inNightly(20, 200), native: inNightly(6, 150) },
  },
  {
    title: "random graph %i and its gradient: compiled = reference",
    make: (seed) => graphGradient(seed, seed % 2 === 0 ? "f64" : "f32"),
    isLarge: true,
    counts: { wasm: inNightly(20, 200), native: inNightly(6, 200) },
  },
  {
    title: "gradient of random layer %i: fused = unfused = reference, exactly",
    make: (seed) => layerGradient(seed),
    counts: { wasm: inNightly(60, 400), native: inNightly(12, 150) },
  },
  {
    title: "random model %i, what it gives, writes and its gradients: compiled = reference",
    make: (seed) => modelGradient(seed, arithmetics[seed % 3]!),
    isLarge: true,
    counts: { wasm: inNightly(12, 300), native: inNightly(14, 250) },
  },
];

const backends: { name: "wasm" | "native"; make: () => Tier }[] = [
  { name: "wasm", make: () => wasmTier({ relaxedSimd: false }) },
  // Each program takes a C compiler's time. `npm run compilers` tries more of them, with every compiler there is.
  ...(nativeAvailability().available ? [{ name: "native", make: () => nativeTier() } as const] : []),
];

describe.each(backends)("on $name", ({ name, make }) => {
  const backend = make();
  for (const { title, make: program, isLarge = false, counts } of families) {
    it.each(Array.from({ length: counts[name] }, (_, i) => first + i))(title, (seed) => {
      expect(mismatch(program(seed), backend, { isLarge })).toBeUndefined();
    });
  }
});

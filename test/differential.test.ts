import { describe, expect, it } from "vitest";
import { nativeAvailability, nativeTier } from "../src/backends/cpu/native.ts";
import type { Tier } from "../src/backends/cpu/tier.ts";
import { wasmTier } from "../src/backends/cpu/wasm.ts";
import { inNightly } from "./nightly.ts";
import { randomGraph } from "./random-graphs/generate.ts";
import { layerGradient } from "./random-graphs/layer-gradient.ts";
import { mismatch } from "./random-graphs/run-graph.ts";

const backends: { name: string; make: () => Tier; seeds: number }[] = [
  { name: "wasm", make: () => wasmTier({ relaxedSimd: false }), seeds: inNightly(60, 400) },
  // Each program takes a C compiler's time. `npm run compilers` tries more of them, with every compiler there is.
  ...(nativeAvailability().available ? [{ name: "native", make: () => nativeTier(), seeds: inNightly(12, 60) }] : []),
];

describe.each(backends)("on $name", ({ make, seeds }) => {
  const backend = make();
  const each = it.each(Array.from({ length: seeds }, (_, seed) => seed));
  each("random graph %i: fused = unfused = reference, in fewer kernels", (seed) => {
    expect(mismatch(randomGraph(seed), backend)).toBeUndefined();
  });

  each("gradient of random layer %i: fused = unfused = reference, exactly", (seed) => {
    expect(mismatch(layerGradient(seed), backend)).toBeUndefined();
  });
});

import { describe, expect, test } from "vitest";
import { nativePasses } from "../../src/backends/cpu/native-target.ts";
import { wasmTier } from "../../src/backends/cpu/wasm.ts";
import { compile } from "../../src/compiler/compile.ts";
import type { Target } from "../../src/compiler/target.ts";
import { showProgram } from "../../src/ir/print.ts";
import { verifyProgram } from "../../src/ir/verify.ts";
import { trainings } from "./networks.ts";
import { stepOf } from "./training.ts";

const machines: Readonly<Record<string, Target>> = {
  wasm: wasmTier({ relaxedSimd: false }).target,
  // An AVX-512 core, whatever this machine is.
  native: {
    limits: {
      lanes: 16,
      registers: 32,
      orderedFrom: 0,
      doubleLanes: 8,
      cacheBytes: [32 * 1024, 1024 * 1024],
      expandTranscendentals: true,
    },
    passes: nativePasses({ multipliesPairs: false }),
  },
};

// After a change that was meant: npx vitest run test/golden --update, and read the difference.
for (const [machine, target] of Object.entries(machines)) {
  describe(`kernels and memory plan for ${machine} are what they were`, () => {
    test.each(trainings().map((training) => [training.name, training.shows, training] as const))("%s: %s", async (name, _, training) => {
      const { program } = compile(stepOf(training), target);
      verifyProgram(program);
      await expect(`${showProgram(program)}\n`).toMatchFileSnapshot(`${name}-${machine}.txt`);
    });
  });
}

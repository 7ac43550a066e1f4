import { describe, expect, test } from "vitest";
import { wasmBackend } from "../../src/backends/cpu/wasm.ts";
import { compile } from "../../src/compiler/compile.ts";
import type { Limits } from "../../src/ir/limits.ts";
import { showProgram } from "../../src/ir/print.ts";
import { verifyProgram } from "../../src/ir/verify.ts";
import { trainings } from "./networks.ts";
import { stepOf } from "./training.ts";

const machines: Readonly<Record<string, Limits>> = {
  wasm: wasmBackend({ relaxedSimd: false }).limits,
  // An AVX-512 core, whatever this machine is.
  native: {
    lanes: 16,
    registers: 32,
    orderedFrom: 0,
    multipliesBlocks: false,
    doubleLanes: 8,
    outrunsMemory: true,
    cacheBytes: [32 * 1024, 1024 * 1024],
    expandTranscendentals: true,
  },
};

// After a change that was meant: npx vitest run test/golden --update, and read the difference.
for (const [machine, limits] of Object.entries(machines)) {
  describe(`kernels and memory plan for ${machine} are what they were`, () => {
    test.each(trainings().map((training) => [training.name, training.shows, training] as const))("%s: %s", async (name, _, training) => {
      const { program } = compile(stepOf(training), limits);
      verifyProgram(program);
      await expect(`${showProgram(program)}\n`).toMatchFileSnapshot(`${name}-${machine}.txt`);
    });
  });
}

import { describe, expect, test } from "vitest";
import { wasmBackend } from "../../src/backends/cpu/wasm.ts";
import { compile } from "../../src/compiler/compile.ts";
import type { Limits } from "../../src/ir/limits.ts";
import { showProgram } from "../../src/ir/print.ts";
import { verifyProgram } from "../../src/ir/verify.ts";
import { trainings } from "./networks.ts";

const machines: Readonly<Record<string, Limits>> = {
  wasm: wasmBackend({ relaxedSimd: false }).limits,
  // An AVX-512 core, whatever this machine is.
  native: {
    lanes: 16,
    registers: 32,
    orderedFrom: 0,
    multipliesBlocks: false,
    outrunsMemory: true,
    cacheBytes: [32 * 1024, 1024 * 1024],
    expandTranscendentals: true,
  },
};

// After a change that was meant: npx vitest run test/golden --update, and read the difference.
for (const [machine, limits] of Object.entries(machines)) {
  describe(`kernels and memory plan for ${machine}`, () => {
    test.each(trainings().map((traced) => [traced.name, traced] as const))("%s are what they were", async (name, traced) => {
      const { program } = compile(traced, limits);
      verifyProgram(program);
      await expect(`${showProgram(program)}\n`).toMatchFileSnapshot(`${name}-${machine}.txt`);
    });
  });
}

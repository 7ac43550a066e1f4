import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { nativeLimits } from "../../src/backends/cpu/native-limits.ts";
import type { Toolchain } from "../../src/backends/cpu/toolchain.ts";
import { findToolchain } from "../../src/backends/cpu/toolchain.ts";
import { roundingFunction } from "../../src/targets/c/arithmetic.ts";
import { Prelude } from "../../src/targets/c/prelude.ts";
import { tiers } from "../table/tiers.ts";
import { faultPrograms, programFault } from "./fault-programs.ts";
import { patternFault, patterns } from "./patterns.ts";

const toolchain = findToolchain();
const missing = toolchain.available ? undefined : toolchain.reason;
const fixtures = fileURLToPath(new URL("../fixtures/c", import.meta.url));

describe.skipIf(missing !== undefined)(`this machine's C compiler${missing === undefined ? "" : ` (${missing})`}`, () => {
  it.each(patterns)("prints of $name in $float what it is by definition, with our flags", (pattern) => {
    expect(toolchain.available && patternFault(toolchain.found, pattern, fixtures)).toBeUndefined();
  });

  it("takes all lanes' square roots in one instruction, as the machine's manual has it", () => {
    const { command, flags, features } = (toolchain as { found: Toolchain }).found;
    const { lanes } = nativeLimits(features);
    const prelude = new Prelude();
    const name = roundingFunction(prelude, "sqrt", "f32", lanes);
    const [program, ...first] = command;
    const input = `${["#define INLINE static inline", prelude.text()].join("\n")}\nvoid roots(f32x${lanes} *x) { *x = ${name}(*x); }\n`;
    const { stdout } = spawnSync(program, [...first, ...flags, "-S", "-x", "c", "-o", "-", "-"], { input, encoding: "utf8" });
    expect(stdout.match(/\bv?sqrt[ps]s\b|\bfsqrt(\.4s)?\b/g)).toEqual([expect.stringMatching(/sqrtps|fsqrt/)]);
  });
});

for (const { name, make, missing } of tiers) {
  describe.skipIf(missing !== undefined)(`${name}${missing === undefined ? "" : ` (${missing})`}`, () => {
    it.each(faultPrograms())("$name in $float is what it is by definition", (program) => {
      expect(programFault(make(), program)).toBeUndefined();
    });
  });
}

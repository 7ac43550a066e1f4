import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { findToolchain } from "../../src/backends/cpu/toolchain.ts";
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
});

for (const { name, make, missing } of tiers) {
  describe.skipIf(missing !== undefined)(`${name}${missing === undefined ? "" : ` (${missing})`}`, () => {
    it.each(faultPrograms())("$name in $float is what it is by definition", (program) => {
      expect(programFault(make(), program)).toBeUndefined();
    });
  });
}

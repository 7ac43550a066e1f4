import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { outputOf, removeBundlesAfterwards, tiers } from "./child.ts";

removeBundlesAfterwards();

let cache = "";
beforeEach(() => {
  cache = mkdtempSync(join(tmpdir(), "gradsmith-cache-"));
});
afterEach(() => rmSync(cache, { recursive: true, force: true }));

for (const { tier, missing } of tiers) {
  describe.skipIf(missing !== undefined)(`plans of a fit on ${tier}${missing === undefined ? "" : ` (${missing})`}`, () => {
    const train = (build = "one"): Promise<string> =>
      outputOf("fit", ["32"], { GRADSMITH_CPU: tier, GRADSMITH_THREADS: "1", GRADSMITH_CACHE: cache, GRADSMITH_TEST_BUILD: build });
    const files = (kind = ""): string[] =>
      readdirSync(join(cache, "native"))
        .filter((name) => name.endsWith(kind))
        .sort();
    const inodes = (): number[] => files().map((name) => statSync(join(cache, "native", name)).ino);

    test("two processes that fill one empty cache at once leave whole files, and give the bits of one that keeps no plans", async () => {
      const [one, two] = await Promise.all([train(), train()]);
      expect(one).toMatch(/^[0-9a-f]{64}\n$/);
      expect(two).toBe(one);
      expect(files(".plan").length).toBeGreaterThan(0);
      expect(files().filter((name) => !/^[0-9a-f]{40}\.(?:plan|node|seal)$/.test(name))).toEqual([]);
      // The next finds everything: nothing is written.
      const before = inodes();
      expect(await train()).toBe(one);
      expect(inodes()).toEqual(before);
      expect(await train("")).toBe(one);
      // Whatever is damaged is made again.
      for (const [i, name] of files().entries()) {
        const path = join(cache, "native", name);
        const whole = readFileSync(path);
        // Not written over: what a process has mapped must stay as it was.
        rmSync(path);
        const damaged = [Buffer.from("{}"), whole.subarray(0, whole.length >> 1), whole.map((byte, at) => (at === 40 ? byte ^ 255 : byte))];
        writeFileSync(path, damaged[i % 3]!, { mode: 0o700 });
      }
      expect(await train()).toBe(one);
    });
  });
}

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { hasNamespaces, withDisk } from "../acceptance/command.ts";
import { onlyNightly } from "../nightly.ts";
import { outputOf, removeBundlesAfterwards, tiers } from "./child.ts";

removeBundlesAfterwards();

const noDisk = onlyNightly ?? (hasNamespaces ? undefined : "no disks of one's own here: unshare -rm doesn't work");
let disk = "";
beforeEach(() => {
  disk = mkdtempSync(join(tmpdir(), "gradsmith-disk-"));
});
afterEach(() => rmSync(disk, { recursive: true, force: true }));

for (const { tier, missing } of tiers) {
  const because = noDisk ?? missing;
  describe.skipIf(because !== undefined)(`a full disk, on ${tier}${because === undefined ? "" : ` (${because})`}`, () => {
    test.each(["4k", "16k", "64k", "128k"])("of %s for compiled code: fit gives the bits it gives with room for all", async (size) => {
      const train = (within: readonly string[] = []): Promise<string> =>
        outputOf("full-disk", ["fit"], { GRADSMITH_CPU: tier, GRADSMITH_CACHE: disk, GRADSMITH_TEST_BUILD: "one" }, within);
      const full = await train(withDisk(disk, `size=${size}`));
      expect(full).toBe(await train());
      expect(JSON.parse(full)).toMatchObject({ tier, losses: [expect.any(Number), expect.any(Number), expect.any(Number)] });
    });

    if (tier === "native")
      test("and for temporary files too: fit goes on with WebAssembly, to the bits of that tier", async () => {
        const train = (cpu: string, within: readonly string[] = []): Promise<string> =>
          outputOf("full-disk", ["fit"], { GRADSMITH_CPU: cpu, GRADSMITH_CACHE: disk, TMPDIR: disk }, within);
        const { losses } = JSON.parse(await train("native", withDisk(disk, "size=4k"))) as { losses: number[] };
        expect(losses).toEqual((JSON.parse(await train("wasm")) as { losses: number[] }).losses);
      });

    test("for a model or a checkpoint: an error says so, the old file stays, and with room the new one comes", async () => {
      const failure = (name: string) => ({
        code: "file",
        message: `[${join(disk, name)}] can't be written: the disk is full. Free some space, or choose another place.`,
      });
      const rest = { isOld: true, isModel: true, isNew: true };
      expect(JSON.parse(await outputOf("full-disk", ["save", disk], { GRADSMITH_CPU: tier }, withDisk(disk, "size=64k")))).toEqual({
        save: { failure: failure("model.safetensors"), files: ["model.safetensors"], ...rest },
        checkpoint: { failure: failure("last.safetensors"), files: ["last.safetensors"], ...rest },
      });
    });
  });
}

import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { counting, fakeCompiler, hanging } from "../../../test/compilers/fake-compiler.ts";
import { CodeCache } from "./cache.ts";
import type { BuildOptions } from "./native-build.ts";
import { build } from "./native-build.ts";

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "gradsmith-test-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** For a compiler that never makes anything. */
function optionsWith(script: string, seconds = 20): BuildOptions {
  const features = { lanes: 4, registers: 16, multipliesPairs: false };
  const toolchain = { command: [fakeCompiler(folder, script)], version: "gcc 9.9", features, flags: [], identity: folder } as const;
  return { name: "fit", toolchain, cache: CodeCache.open({ GRADSMITH_CACHE: join(folder, "cache") }), seconds };
}
const late =
  "[native] fit could not be compiled with gcc 9.9: the compiler did not finish within 1 s. Use the wasm tier (GRADSMITH_CPU=wasm), or set GRADSMITH_COMPILER_SECONDS to more.";

describe.skipIf(process.platform === "win32")("a build whose compiler hangs", () => {
  it("fails at its limit in the background, and leaves no process and no file", async () => {
    const { script, gone } = hanging(folder);
    const { ready, finish } = build({ text: "int x;" }, optionsWith(script, 1));
    await expect(ready).rejects.toThrow(expect.objectContaining({ code: "device", message: late }) as Error);
    expect(finish).toThrow(late);
    await gone;
    expect(readdirSync(join(folder, "cache", "native"))).toEqual([]);
  });

  it("fails at its limit while the caller waits", async () => {
    const { script, gone } = hanging(folder);
    const { ready, finish } = build({ text: "int x;" }, optionsWith(script, 1));
    expect(finish).toThrow(late);
    await expect(ready).rejects.toThrow(late);
    await gone;
  });

  it.skipIf(availableParallelism() === 1)("is given up when one of several compilers fails", async () => {
    const { script, begun, gone } = hanging(folder);
    const pieces = (count: number): string[] => Array.from({ length: count }, (_, i) => `piece ${i}`);
    const failing = `grep -q "piece 0" || { ${script}; }; while [ ! -e ${join(folder, "go")} ]; do sleep 0.02; done; echo "out of ideas" >&2; exit 4`;
    const { ready } = build({ text: " ".repeat(200_000), pieces }, optionsWith(failing));
    await begun;
    fakeCompiler(folder, "", "go");
    await expect(ready).rejects.toThrow("[native] fit could not be compiled with gcc 9.9: out of ideas.");
    await gone;
  });
});

describe.skipIf(process.platform === "win32")("a build that several wait for", () => {
  it("goes on when one of them leaves, and it's one compiler's work", async () => {
    const starts = counting(folder);
    const options = optionsWith(`${starts.script}; sleep 0.2; echo "out of ideas" >&2; exit 4`);
    const [first, second] = [build({ text: "int x;" }, options), build({ text: "int x;" }, options)];
    first.abandon();
    await expect(second.ready).rejects.toThrow("out of ideas");
    await expect(first.ready).rejects.toThrow("out of ideas");
    expect(starts.count()).toBe(1);
  });
});

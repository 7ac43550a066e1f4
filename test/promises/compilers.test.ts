import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { answersProbe, fakeCompiler } from "../compilers/fake-compiler.ts";
import { outputOf, removeBundlesAfterwards } from "./child.ts";

removeBundlesAfterwards();
const folder = mkdtempSync(join(tmpdir(), "gradsmith-hanging-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe.skipIf(process.platform === "win32")("a compiler that hangs", () => {
  const answered = fakeCompiler(folder, `${answersProbe}\nsleep 1000`, "answers");
  const silent = fakeCompiler(folder, "sleep 1000", "silent");
  const run = async (way: string, CC: string, more: Record<string, string> = {}) => {
    const began = performance.now();
    const environment = { CC, GRADSMITH_CPU: "native", GRADSMITH_CACHE: join(folder, "cache"), ...more };
    const found = JSON.parse(await outputOf("aborted", [way], environment)) as Record<string, number | string>;
    return { ...found, whole: performance.now() - began } as { stopped: string; epochs: number; ms: number; turns: number; whole: number };
  };

  test.each([
    ["while it compiles", answered],
    ["before it has said what it is", silent],
  ])("doesn't keep a fit from being aborted, nor its process from ending: %s", async (_, compiler) => {
    const { stopped, epochs, ms, whole, turns } = await run("abort", compiler);
    expect([stopped, epochs]).toEqual(["aborted", 0]);
    expect(ms).toBeLessThan(3000);
    expect(whole, "the process ended").toBeLessThan(10_000);
    expect(turns, "the event loop turned meanwhile").toBeGreaterThan(3);
  });

  test("is given up at its limit, and training goes on", async () => {
    const { stopped, epochs, turns } = await run("wait", answered, { GRADSMITH_COMPILER_SECONDS: "1" });
    expect([stopped, epochs]).toEqual(["done", 2]);
    expect(turns).toBeGreaterThan(10);
  });

  test("is said where native code was asked for and it doesn't say what it is", async () => {
    await expect(run("wait", silent, { GRADSMITH_COMPILER_SECONDS: "1" })).rejects.toThrow(/did not answer within 1 s/);
  });
});

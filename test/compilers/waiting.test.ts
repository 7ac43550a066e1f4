import type { ChildProcess } from "node:child_process";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { fakeCompiler, hanging } from "./fake-compiler.ts";

const bundles = mkdtempSync(join(tmpdir(), "gradsmith-test-"));
const program = join(bundles, "program.mjs");
beforeAll(() =>
  build({
    entryPoints: [fileURLToPath(new URL("waiting-program.ts", import.meta.url))],
    outfile: program,
    bundle: true,
    format: "esm",
    platform: "node",
    target: "node20",
    logLevel: "warning",
  }),
);
afterAll(() => rmSync(bundles, { recursive: true, force: true }));

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "gradsmith-test-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const start = (way: string): ChildProcess => spawn(process.execPath, [program, way, folder], { stdio: ["pipe", "pipe", "inherit"] });

describe.skipIf(process.platform === "win32")("a process and the compiler it started, which hangs", () => {
  it.each(["leaves a build", "leaves a search", "exits amid a build"])("end when it %s", async (way) => {
    const { script, begun, gone } = hanging(folder);
    fakeCompiler(folder, script);
    const child = start(way);
    await begun;
    child.stdin!.end();
    expect(await once(child, "exit")).toEqual([0, null]);
    await gone;
  });

  it.each([
    ["SIGINT", "waits for a build"],
    ["SIGTERM", "waits for a build"],
    ["SIGKILL", "waits for a build"],
    ["SIGINT", "waits for a build, blocking"],
    ["SIGKILL", "waits for a build, blocking"],
  ] as const)("end by %s when it %s", async (signal, way) => {
    const { script, begun, gone } = hanging(folder);
    fakeCompiler(folder, script);
    const child = start(way);
    await begun;
    child.kill(signal);
    expect(await once(child, "exit")).toEqual([null, signal]);
    await gone;
  });
});

describe.skipIf(process.platform === "win32")("a process", () => {
  it.each(["waits for a build that another one left", "waits for a build that everybody had left"])("%s", async (way) => {
    fakeCompiler(folder, `while [ ! -e ${join(folder, "go")} ]; do sleep 0.05; done; echo "out of ideas" >&2; exit 4`);
    const child = start(way);
    let printed = "";
    child.stdout!.setEncoding("utf8").on("data", (text: string) => (printed += text));
    child.stdin!.end();
    // Long enough for a process to end that nobody keeps alive.
    await new Promise((resolve) => setTimeout(resolve, 500));
    fakeCompiler(folder, "", "go");
    expect(await once(child, "close")).toEqual([0, null]);
    expect(printed).toBe(
      "[native] fit could not be compiled with gcc 9.9: out of ideas. Use the wasm tier (GRADSMITH_CPU=wasm), or set CC to a compiler that works.\n",
    );
  });
});

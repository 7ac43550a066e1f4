import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { fakeCompiler, hanging } from "../../../test/compilers/fake-compiler.ts";
import type { Call } from "./compiler-process.ts";
import { Compilers, runBlocking, secondsWished } from "./compiler-process.ts";

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "gradsmith-test-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const call = (script: string, rest: Partial<Call> = {}): Call => ({
  command: [fakeCompiler(folder, script), "a b", "c"],
  environment: process.env,
  seconds: 20,
  ...rest,
});

describe.skipIf(process.platform === "win32").each([
  ["in the background", (asked: Call) => new Compilers().run(asked)],
  ["while the caller waits", (asked: Call) => Promise.resolve(runBlocking(asked))],
])("a compiler %s", (_, run) => {
  it("gets its arguments and its text, and gives its status, output and messages", async () => {
    const text = "x".repeat(300_000);
    const asked = call('echo "$# $1"; wc -c; echo wrong >&2; exit 3', { input: { text, path: join(folder, "text") } });
    const { output, ...rest } = await run(asked);
    expect(
      output
        .replace(/ +/g, " ")
        .split("\n")
        .map((line) => line.trim()),
    ).toEqual(["2 a b", "300000", ""]);
    expect(rest).toEqual({ status: 3, message: "wrong\n", killedAfter: undefined });
    expect(readdirSync(folder)).toEqual(["cc"]);
  });

  it("is not found, or has no place for its text", async () => {
    expect(await run(call("", { command: ["no-such-compiler"] }))).toMatchObject({ status: 127, message: "not found\n" });
    const input = { text: "x", path: join(folder, "nowhere", "text") };
    expect(await run(call("", { input }))).toMatchObject({ status: null, message: expect.stringContaining("ENOENT") as string });
  });

  it("is killed at its limit, with what it started", async () => {
    const { script, gone } = hanging(folder);
    // More text than a pipe holds, which it doesn't read.
    const input = { text: "x".repeat(2 ** 20), path: join(folder, "text") };
    expect(await run(call(script, { input, seconds: 1 }))).toMatchObject({ status: null, killedAfter: 1 });
    await gone;
  });

  it("is killed if it ignores the request to end", async () => {
    const { script, gone } = hanging(folder, { ignoresRequests: true });
    expect(await run(call(script, { seconds: 1 }))).toMatchObject({ killedAfter: 1 });
    await gone;
  });
});

describe.skipIf(process.platform === "win32")("compilers in the background", () => {
  it("end when they are stopped, and one whose turn hasn't come doesn't begin", async () => {
    const { script, begun, gone } = hanging(folder);
    const compilers = new Compilers();
    const endless = call(script);
    const running = Array.from({ length: availableParallelism() }, () => compilers.run(endless));
    const next = compilers.run({ ...endless, command: ["touch", join(folder, "next")] });
    await begun;
    compilers.stop();
    for (const outcome of await Promise.all([...running, next])) expect(outcome).toMatchObject({ status: null, killedAfter: undefined });
    await gone;
    expect(readdirSync(folder)).not.toContain("next");
    expect(await compilers.run({ ...endless, command: ["true"] })).toMatchObject({ status: 0 });
  });
});

describe("secondsWished", () => {
  it("is a positive number or nothing", () => {
    expect(secondsWished({ GRADSMITH_COMPILER_SECONDS: "2.5" })).toBe(2.5);
    expect(secondsWished({ GRADSMITH_COMPILER_SECONDS: "" })).toBeUndefined();
    expect(secondsWished({})).toBeUndefined();
    for (const text of ["soon", "0", "-1", "Infinity"]) {
      expect(() => secondsWished({ GRADSMITH_COMPILER_SECONDS: text })).toThrow(
        `[GRADSMITH_COMPILER_SECONDS] "${text}" is not a number of seconds. Use a number above 0.`,
      );
    }
  });
});

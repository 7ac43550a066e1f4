import { mkdtempSync, rmSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { CompilerAnswer } from "./compiler-answer.ts";

let folder = "";
const { GRADSMITH_CACHE: usual } = process.env;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "gradsmith-test-"));
  process.env.GRADSMITH_CACHE = join(folder, "cache");
});
afterEach(() => {
  if (usual === undefined) delete process.env.GRADSMITH_CACHE;
  else process.env.GRADSMITH_CACHE = usual;
  rmSync(folder, { recursive: true, force: true });
});

const file = (name: string, text: string): string => {
  const path = join(folder, name);
  writeFileSync(path, text, { mode: 0o755 });
  return path;
};

describe.skipIf(process.platform !== "linux")("a compiler's answer", () => {
  it("is kept for the same compiler, arguments and environment", () => {
    const gcc = file("x86_64-linux-gnu-gcc-12", "\u007fELF code");
    symlinkSync(gcc, join(folder, "cc"));
    const environment = { PATH: `${folder}/nowhere:${folder}` };
    expect(new CompilerAnswer("cc", ["-E"], environment).recall()).toBeUndefined();
    new CompilerAnswer("cc", ["-E"], environment).remember("#define A 1");
    expect(new CompilerAnswer("cc", ["-E"], environment).recall()).toBe("#define A 1");
    expect(new CompilerAnswer("cc", ["-E", "-m32"], environment).recall()).toBeUndefined();
    expect(new CompilerAnswer("cc", ["-E"], { ...environment, COMPILER_PATH: "/elsewhere" }).recall()).toBeUndefined();
    expect(new CompilerAnswer(gcc, ["-E"], environment).recall()).toBeUndefined();
    utimesSync(gcc, 1000, 1000);
    expect(new CompilerAnswer("cc", ["-E"], environment).recall()).toBeUndefined();
  });

  it.each([
    ["a script", "gcc", "#!/bin/sh\n"],
    ["a program that calls compilers", "ccache", "\u007fELF"],
    ["what isn't there", "", ""],
  ])("is not kept of %s", (_, name, text) => {
    const path = name === "" ? join(folder, "gcc") : file(name, text);
    new CompilerAnswer(path, [], {}).remember("#define A 1");
    expect(new CompilerAnswer(path, [], {}).recall()).toBeUndefined();
  });
});

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { answersProbe, counting, fakeCompiler, hanging } from "../../../test/compilers/fake-compiler.ts";
import { featuresOf, findToolchain, findToolchainSoon, rememberedToolchain } from "./toolchain.ts";

const folder = mkdtempSync(join(tmpdir(), "gradsmith-test-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A compiler that answers the question for its macros with these. */
function compiler(name: string, script: string): string {
  const path = join(folder, name);
  writeFileSync(path, `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  return path;
}

describe("featuresOf", () => {
  it("multiplies pairs of bf16 with AMX on Linux, with AVX512-BF16 on AMD's processors, and with ARM's instruction", () => {
    const [avx, amx, arm] = ["__AVX512BF16__", "__AMX_BF16__", "__ARM_FEATURE_BF16_VECTOR_ARITHMETIC"];
    const multiplies = (processor: string, ...macros: readonly string[]): boolean =>
      featuresOf(macros.map((macro) => `#define ${macro} 1\n`).join(""), processor).multipliesPairs;
    const [amd, intel] = ["vendor_id\t: AuthenticAMD", "vendor_id\t: GenuineIntel"];
    expect(multiplies(intel, amx!, avx!, "__linux__")).toBe(true);
    expect(multiplies(intel, amx!, avx!)).toBe(false);
    expect(multiplies(intel, avx!, "__linux__")).toBe(false);
    expect(multiplies(amd, avx!)).toBe(true);
    expect(multiplies(amd, "__AVX512F__")).toBe(false);
    expect(multiplies("", arm!, "__aarch64__")).toBe(true);
    expect(multiplies("", "__aarch64__")).toBe(false);
  });
});

describe.skipIf(process.platform === "win32")("findToolchain", () => {
  it("reads width and registers from the compiler's own macros", () => {
    const cases = [
      [
        "avx512",
        '#define __GNUC__ 12\\n#define __VERSION__ \\"12.2.0\\"\\n#define __AVX__ 1\\n#define __AVX512F__ 1\\n',
        { features: { lanes: 16, registers: 32 }, version: "gcc 12.2.0" },
      ],
      [
        "avx2",
        '#define __GNUC__ 12\\n#define __VERSION__ \\"12.2.0\\"\\n#define __AVX__ 1\\n',
        { features: { lanes: 8, registers: 16 }, version: "gcc 12.2.0" },
      ],
      [
        "arm",
        '#define __GNUC__ 4\\n#define __clang__ 1\\n#define __VERSION__ \\"Apple LLVM 15.0.0\\"\\n#define __aarch64__ 1\\n',
        { features: { lanes: 4, registers: 32 }, version: "Apple LLVM 15.0.0" },
      ],
    ] as const;
    for (const [name, macros, wanted] of cases) {
      const toolchain = findToolchain({ CC: compiler(name, `printf "${macros}"`), PATH: process.env.PATH });
      expect(toolchain).toMatchObject({ available: true, found: wanted });
    }
  });

  it("does without -march=native where the compiler doesn't know it", () => {
    const path = compiler("old", 'case "$*" in *-march=native*) echo "unknown option" >&2; exit 1;; esac\nprintf "#define __GNUC__ 4\\n"');
    const toolchain = findToolchain({ CC: `${path} -m64`, PATH: process.env.PATH });
    expect(toolchain).toMatchObject({ available: true, found: { command: [path, "-m64"], features: { lanes: 4, registers: 16 } } });
    expect(toolchain.available && toolchain.found.flags.includes("-march=native")).toBe(false);
  });

  it("says why there is no compiler, and looks no further than a CC that is set", () => {
    const reason = (environment: Record<string, string>): string => {
      const toolchain = findToolchain(environment);
      return toolchain.available ? "available" : toolchain.reason;
    };
    const silent = compiler("silent", "exit 0");
    const broken = compiler("broken", "echo 'cannot execute cc1' >&2; exit 1");
    const { PATH = "" } = process.env;
    expect(reason({ CC: "false", PATH })).toBe(
      "no C compiler works (false: ends with status 1). Set CC to a compiler that works, or unset it",
    );
    expect(reason({ CC: silent, PATH })).toBe(
      `no C compiler works (${silent}: not a C compiler). Set CC to a compiler that works, or unset it`,
    );
    expect(reason({ CC: broken, PATH })).toBe(
      `no C compiler works (${broken}: cannot execute cc1). Set CC to a compiler that works, or unset it`,
    );
    expect(reason({ PATH: folder })).toBe(
      "no C compiler works (cc: not found; gcc: not found; clang: not found). Install gcc or clang, or set CC",
    );
  });

  it("asks once per process", () => {
    const environment = { CC: compiler("once", 'printf "#define __GNUC__ 4\\n"'), PATH: process.env.PATH };
    expect(findToolchain(environment)).toBe(findToolchain({ ...environment }));
  });
});

describe.skipIf(process.platform === "win32")("findToolchainSoon", () => {
  let folders = 0;
  const fresh = (): string => {
    const path = join(folder, String(folders++));
    mkdirSync(path);
    return path;
  };
  const environmentOf = (CC: string): Record<string, string | undefined> => ({
    CC,
    PATH: process.env.PATH,
    GRADSMITH_COMPILER_SECONDS: "1",
  });

  it("finds what findToolchain finds, with one question for all who ask", async () => {
    const path = fresh();
    const starts = counting(path);
    const environment = environmentOf(fakeCompiler(path, `${starts.script}; ${answersProbe}`));
    expect(rememberedToolchain(environment)).toBeUndefined();
    const [first, second] = await Promise.all([findToolchainSoon(environment), findToolchainSoon({ ...environment })]);
    expect(first).toMatchObject({ available: true, found: { version: "gcc 9.9" } });
    expect(second).toBe(first);
    expect(starts.count()).toBe(1);
    expect(findToolchain(environment)).toBe(first);
    expect(rememberedToolchain(environment)).toBe(first);
    expect(await findToolchainSoon(environment)).toBe(first);
    expect(starts.count()).toBe(1);
  });

  it("and a caller that can't wait for it meanwhile find the same", async () => {
    const environment = environmentOf(fakeCompiler(fresh(), answersProbe));
    const soon = findToolchainSoon(environment);
    const now = findToolchain(environment);
    expect(now).toMatchObject({ available: true });
    expect(await soon).toBe(now);
  });

  it.each([
    ["", findToolchainSoon],
    [", as findToolchain does", (environment: Record<string, string | undefined>) => Promise.resolve(findToolchain(environment))],
  ])("says that a compiler did not answer in time%s", async (_, find) => {
    const path = fresh();
    const { script, gone } = hanging(path);
    const CC = fakeCompiler(path, script);
    const environment = { ...environmentOf(CC), GRADSMITH_COMPILER_SECONDS: "1" };
    expect(await find(environment)).toEqual({
      available: false,
      reason: `no C compiler works (${CC} did not answer within 1 s). Set CC to a compiler that works, or unset it`,
    });
    await gone;
    expect(rememberedToolchain(environment)).toMatchObject({ available: false });
  });

  it("asks the next one when the first doesn't answer", async () => {
    const path = fresh();
    fakeCompiler(path, "exec sleep 1000", "cc");
    fakeCompiler(path, answersProbe, "gcc");
    const environment = { PATH: `${path}:${process.env.PATH}`, GRADSMITH_COMPILER_SECONDS: "1" };
    expect(await findToolchainSoon(environment)).toMatchObject({ available: true, found: { command: ["gcc"] } });
  });

  it("refuses a limit that is no number of seconds", async () => {
    const environment = { ...environmentOf(fakeCompiler(fresh(), answersProbe)), GRADSMITH_COMPILER_SECONDS: "soon" };
    const message = '[GRADSMITH_COMPILER_SECONDS] "soon" is not a number of seconds. Use a number above 0.';
    await expect(findToolchainSoon(environment)).rejects.toThrow(message);
    expect(() => findToolchain(environment)).toThrow(message);
  });
});

import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { CompilerAnswer, processorFacts } from "./compiler-answer.ts";

/** What the processor that code is compiled for can do. */
export interface Features {
  /** f32 lanes and number of the vector registers. */
  readonly lanes: number;
  readonly registers: number;
  /** Whether it multiplies pairs of bf16 faster than f32. */
  readonly multipliesPairs: boolean;
}

/** A C compiler that works here, and what the machine it compiles for can do. */
export interface Toolchain {
  /** The program and the arguments it always gets: `CC="ccache gcc"` is two words. */
  readonly command: readonly [string, ...string[]];
  /** `gcc 12.2.0`, as a person would say it. */
  readonly version: string;
  readonly features: Features;
  readonly flags: readonly string[];
  /** Equal where compiling the same text gives code that may be exchanged: compiler, flags, processor. */
  readonly identity: string;
}

export type Availability<T> = { readonly available: true; readonly found: T } | { readonly available: false; readonly reason: string };

type Environment = Readonly<Record<string, string | undefined>>;

const known = new Map<string, Availability<Toolchain>>();

/** The first of `$CC`, `cc`, `gcc`, `clang` that works; looked for once per process. A `$CC` that doesn't work means no compiler. */
export function findToolchain(environment: Environment = process.env): Availability<Toolchain> {
  const wish = environment.CC?.trim() ?? "";
  const key = `${wish}\n${environment.PATH ?? ""}`;
  const before = known.get(key);
  if (before !== undefined) return before;
  const result = look(wish, environment);
  known.set(key, result);
  return result;
}

function look(wish: string, environment: Environment): Availability<Toolchain> {
  if (process.platform === "win32")
    return { available: false, reason: "native code is not offered on Windows; programs run as WebAssembly" };
  const candidates = wish === "" ? ["cc", "gcc", "clang"] : [wish];
  const failures: string[] = [];
  for (const candidate of candidates) {
    const probed = probe(candidate.split(/\s+/) as [string, ...string[]], environment);
    if (typeof probed !== "string") return { available: true, found: probed };
    failures.push(`${candidate}: ${probed}`);
  }
  const advice = wish === "" ? "Install gcc or clang, or set CC" : "Set CC to a compiler that works, or unset it";
  return { available: false, reason: `no C compiler works (${failures.join("; ")}). ${advice}` };
}

/** The toolchain, or why there is none. Preprocessing nothing is the fastest question that tells what the compiler is and targets. */
function probe(command: readonly [string, ...string[]], environment: Environment): Toolchain | string {
  let reason = "";
  // Clang's older versions know ARM's processors by the second name only.
  for (const native of [["-march=native"], ["-mcpu=native"], []]) {
    const [program, ...first] = command;
    const options = { input: "", encoding: "utf8", env: environment as NodeJS.ProcessEnv, timeout: 10_000 } as const;
    const args = [...first, ...native, "-dM", "-E", "-x", "c", "-"];
    const answer = new CompilerAnswer(program, args, environment);
    const known = answer.recall();
    if (known !== undefined) return describe(command, native, known);
    const asked = spawnSync(program, args, options);
    if (asked.error !== undefined) return (asked.error as NodeJS.ErrnoException).code === "ENOENT" ? "not found" : asked.error.message;
    if (asked.status === 0 && asked.stdout.includes("__GNUC__")) {
      answer.remember(asked.stdout);
      return describe(command, native, asked.stdout);
    }
    reason =
      asked.stderr.trim().split("\n")[0] || (asked.status === 0 ? "not a C compiler" : `ends with status ${asked.status ?? asked.signal}`);
  }
  return reason;
}

function describe(command: readonly [string, ...string[]], native: readonly string[], macros: string): Toolchain {
  const processor = processorFacts();
  const features = featuresOf(macros, processor);
  const text = /#define __VERSION__ "(.*)"/.exec(macros)?.[1] ?? "";
  const version = macros.includes("#define __clang__ ") ? text : `gcc ${text}`;
  const flags = [...native, ...codeFlags(macros), ...linkFlags()];
  const identity = createHash("sha256")
    .update([command.join(" "), flags.join(" "), processor, macros].join("\n"))
    .digest("hex");
  return { command, version, features, flags, identity };
}

/**
 * What a compiler's macros say about the processor it compiles for. AMX does 1,024 multiply-adds of bf16 in 16 cycles, and Linux lets a process
 * use it that asks. ARM's `bfmmla` does 16 where one for f32 does 4 (3.4 and 3.9 times as fast on Cortex-X2 and A710, says IREE's #14495).
 * AVX512-BF16 does 32 where one for f32 does 16: on AMD's as often (2.0 times as fast on Zen 4, says IREE's #15089), on Intel's a quarter as often.
 */
export function featuresOf(macros: string, processor: string): Features {
  const has = (macro: string): boolean => macros.includes(`#define ${macro} `);
  const lanes = has("__AVX512F__") ? 16 : has("__AVX__") ? 8 : 4;
  const multipliesPairs =
    (has("__AMX_BF16__") && has("__linux__")) ||
    (has("__AVX512BF16__") && processor.includes("AuthenticAMD")) ||
    has("__ARM_FEATURE_BF16_VECTOR_ARITHMETIC");
  return { lanes, registers: lanes === 16 || has("__aarch64__") ? 32 : 16, multipliesPairs };
}

/** IEEE arithmetic but for contraction to fma; no strict aliasing, since the arena's memory changes its type. */
const anyFlags = [
  "-std=gnu11",
  "-w",
  "-O2",
  // In loops that they make vectors of, GCC 11 and 12 mix up masks and Clang 22 bytes; lanes written out they pack rightly (`npm run compilers`).
  "-fno-tree-vectorize",
  "-ftree-slp-vectorize",
  "-fwrapv",
  "-fno-strict-aliasing",
  "-ffp-contract=fast",
  "-fno-math-errno",
  "-fno-trapping-math",
  "-fPIC",
  "-fvisibility=hidden",
  "-pipe",
];

/** How a compiler with these macros is to compile. On ARM, GCC would load a whole step of a tile before its products, and run out of registers. */
export function codeFlags(macros: string): string[] {
  const has = (macro: string): boolean => macros.includes(`#define ${macro} `);
  const own = has("__AVX512F__") ? ["-mprefer-vector-width=512"] : has("__aarch64__") && !has("__clang__") ? ["-fno-schedule-insns"] : [];
  return [...own, ...anyFlags];
}

/** Node closes a worker's addons when it ends; the pool's threads must not lose the code they run. */
function linkFlags(): string[] {
  return process.platform === "darwin" ? ["-shared", "-undefined", "dynamic_lookup"] : ["-shared", "-Wl,-z,nodelete"];
}

import { createHash } from "node:crypto";
import { CompilerAnswer, processorFacts } from "./compiler-answer.ts";
import type { Call, Outcome, Pending } from "./compiler-process.ts";
import { Compilers, notFound, runBlocking, secondsWished } from "./compiler-process.ts";

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

/** A compiler has so long to say what it is, which takes it about 10 ms. */
const usualSeconds = 5;

const known = new Map<string, Availability<Toolchain>>();

/** The first of `$CC`, `cc`, `gcc`, `clang` that works; looked for once per process. A `$CC` that doesn't work means no compiler. */
export function findToolchain(environment: Environment = process.env): Availability<Toolchain> {
  const before = rememberedToolchain(environment);
  if (before !== undefined) return before;
  const search = look(environment);
  let step = search.next();
  while (step.done !== true) step = search.next(runBlocking(step.value));
  return remember(placeOf(environment), step.value);
}

/** The same as far as it is known without asking a compiler. */
export function rememberedToolchain(environment: Environment = process.env): Availability<Toolchain> | undefined {
  const place = placeOf(environment);
  const before = known.get(place);
  if (before !== undefined) return before;
  const step = look(environment).next();
  return step.done === true ? remember(place, step.value) : undefined;
}

/** The same while other things go on. */
export async function findToolchainSoon(environment: Environment = process.env): Promise<Availability<Toolchain>> {
  return searchToolchain(environment).ready;
}

/** The same for those who may stop waiting. */
export function searchToolchain(environment: Environment = process.env): Pending<Availability<Toolchain>> {
  const before = rememberedToolchain(environment);
  if (before !== undefined) return { ready: Promise.resolve(before), abandon: () => {} };
  const { found, compilers } = underWay.get(placeOf(environment)) ?? startSearch(environment);
  return { ready: found, abandon: compilers.join() };
}

interface Search {
  readonly found: Promise<Availability<Toolchain>>;
  readonly compilers: Compilers;
}
/** Searches under way, so that all who want the same wait for one. */
const underWay = new Map<string, Search>();

function startSearch(environment: Environment): Search {
  const place = placeOf(environment);
  const compilers = new Compilers();
  const ask = async (): Promise<Availability<Toolchain>> => {
    const search = look(environment);
    let step = search.next();
    while (step.done !== true) step = search.next(await compilers.run(step.value));
    return remember(place, step.value);
  };
  const search = { found: ask(), compilers };
  underWay.set(place, search);
  const forget = (): void => void underWay.delete(place);
  search.found.then(forget, forget);
  return search;
}

/** What candidates depend on. */
const placeOf = ({ CC = "", PATH = "" }: Environment): string => `${CC.trim()}\n${PATH}`;

/** What was found, by whoever found it first. */
function remember(place: string, found: Availability<Toolchain>): Availability<Toolchain> {
  const first = known.get(place) ?? found;
  known.set(place, first);
  return first;
}

/** Asks compilers until one works: it gives calls to be made, and takes what came of them. */
function* look(environment: Environment): Generator<Call, Availability<Toolchain>, Outcome> {
  if (process.platform === "win32")
    return { available: false, reason: "native code is not offered on Windows; programs run as WebAssembly" };
  const wish = environment.CC?.trim() ?? "";
  const candidates = wish === "" ? ["cc", "gcc", "clang"] : [wish];
  const failures: string[] = [];
  for (const candidate of candidates) {
    const probed = yield* probe(candidate.split(/\s+/) as [string, ...string[]], environment);
    if (typeof probed !== "string") return { available: true, found: probed };
    failures.push(`${candidate}${probed}`);
  }
  const advice = wish === "" ? "Install gcc or clang, or set CC" : "Set CC to a compiler that works, or unset it";
  return { available: false, reason: `no C compiler works (${failures.join("; ")}). ${advice}` };
}

/**
 * The toolchain, or why there is none, to be put after its name. Preprocessing nothing is the fastest question that tells what the compiler
 * is and targets.
 */
function* probe(command: readonly [string, ...string[]], environment: Environment): Generator<Call, Toolchain | string, Outcome> {
  let reason = "";
  // Clang's older versions know ARM's processors by the second name only.
  for (const native of [["-march=native"], ["-mcpu=native"], []]) {
    const [program, ...first] = command;
    const args = [...first, ...native, "-dM", "-E", "-x", "c", "-"];
    const answer = new CompilerAnswer(program, args, environment);
    const known = answer.recall();
    if (known !== undefined) return describe(command, native, known);
    const { status, output, message, killedAfter } = yield {
      command: [program, ...args],
      environment,
      seconds: secondsWished(environment) ?? usualSeconds,
    };
    if (killedAfter !== undefined) return ` did not answer within ${killedAfter} s`;
    if (status === 0 && output.includes("__GNUC__")) {
      answer.remember(output);
      return describe(command, native, output);
    }
    reason = `: ${message.trim().split("\n")[0] || (status === 0 ? "not a C compiler" : `ends with status ${status}`)}`;
    if (status === notFound) break;
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

import type { Backend } from "../backends/backend.ts";
import type { NativeBackend } from "../backends/cpu/native.ts";
import { nativeAvailability, nativeBackend } from "../backends/cpu/native.ts";
import type { WasmBackend } from "../backends/cpu/wasm.ts";
import { wasmBackend } from "../backends/cpu/wasm.ts";
import { wasmFeatures } from "../backends/cpu/wasm-features.ts";
import type { Compiled, Traced } from "../compiler/compile.ts";
import { compiling } from "../compiler/compile.ts";
import { GradsmithError } from "../core/errors.ts";
import { eachCall } from "../ir/program.ts";
import { deviceSettings } from "./settings.ts";

/**
 * Operations from which the native tier pays: a compiler takes about half a second, in which the wasm tier does about this much. The
 * estimate depends on the program alone, never on a clock or a cache, so the same program takes the same tier every time.
 */
const worthCompiling = 4e9;

let wasm: { backend: WasmBackend; relaxedSimd: boolean } | undefined;
let native: { backend: NativeBackend; threads: number | undefined } | undefined;
let failure: string | undefined;

function wasmTier(): WasmBackend {
  const { relaxedSimd } = deviceSettings();
  if (wasm?.relaxedSimd !== relaxedSimd) wasm = { backend: wasmBackend({ relaxedSimd }), relaxedSimd };
  return wasm.backend;
}

function nativeTier(threads = deviceSettings().threads): NativeBackend {
  if (native === undefined || native.threads !== threads)
    native = { backend: nativeBackend(threads === undefined ? {} : { threads }), threads };
  return native.backend;
}

export interface BackendChoice {
  readonly backend: Backend;
  readonly compiled: Compiled;
  readonly reason: string;
}

/** The tier for a program that will run about `expectedRuns` times, by the settings as they are now, and the program compiled for it. */
export function chooseBackend(traced: Traced, expectedRuns: number): Generator<undefined, BackendChoice> {
  const { tier, threads } = deviceSettings();
  if (tier === "native" && failure === undefined) {
    const { available, reason } = nativeAvailability();
    if (!available) throw new GradsmithError("device", "native", `${reason}.`, "Or use the wasm tier: GRADSMITH_CPU=wasm.");
    return compiledFor(nativeTier(threads), traced, "asked for");
  }
  return tier === "wasm" ? compiledFor(wasmTier(), traced, "asked for") : weighed(wasmTier(), threads, traced, expectedRuns);
}

function* compiledFor(backend: Backend, traced: Traced, reason: string): Generator<undefined, BackendChoice> {
  return { backend, compiled: yield* compiling(traced, backend.limits), reason };
}

/** The native tier if the program's work outweighs a compiler's. */
function* weighed(
  onWasm: WasmBackend,
  threads: number | undefined,
  traced: Traced,
  expectedRuns: number,
): Generator<undefined, BackendChoice> {
  const choice = yield* compiledFor(onWasm, traced, "");
  const { kernels, calls } = choice.compiled.program;
  const operations =
    eachCall(calls).reduce((sum, { call, times }) => sum + times * kernels[call.kernel]!.work.operations, 0) * expectedRuns;
  const amount = `${operations.toExponential(1)} operations`;
  if (operations < worthCompiling) return { ...choice, reason: `${amount}: not worth a compiler's time` };
  if (failure !== undefined) return { ...choice, reason: failure };
  const { available, reason } = nativeAvailability();
  if (!available) return { ...choice, reason };
  return yield* compiledFor(nativeTier(threads), traced, `${amount}: worth compiling C`);
}

/** After a failure of the native tier everything runs on wasm. Says so once. */
export function fallBack(cause: GradsmithError): { backend: Backend; reason: string } {
  if (failure === undefined) {
    const [firstLine] = cause.message.split("\n");
    failure = `the native tier failed: ${firstLine}`;
    (globalThis as { console?: { warn(text: string): void } }).console?.warn(`gradsmith: ${failure} Going on with WebAssembly.`);
  }
  return { backend: wasmTier(), reason: failure };
}

export interface DeviceDescription {
  readonly device: string;
  readonly tier: string;
  readonly threads: number;
  /** Sentences for people: what is used, and why. */
  readonly lines: readonly string[];
}

/** What programs run on here, and why. */
export function describeDevice(): DeviceDescription {
  const { device, tier } = deviceSettings();
  if (device === "reference") {
    return { device, tier: "reference", threads: 1, lines: ["device reference: float64, one element at a time (asked for)"] };
  }
  const { relaxedSimd } = wasmFeatures();
  const wasmText = `WebAssembly SIMD${relaxedSimd && deviceSettings().relaxedSimd ? " with fused multiply-add" : ""}`;
  const { available, reason, compiler, lanes } = nativeAvailability();
  const usesNative = tier !== "wasm" && available && failure === undefined;
  if (tier === "native" && !available && failure === undefined)
    return { device, tier, threads: 1, lines: [`device cpu, tier native: asked for, but not to be had (${reason})`] };
  if (!usesNative) {
    const why = tier === "wasm" ? "asked for" : (failure ?? reason);
    return { device, tier: "wasm", threads: 1, lines: [`device cpu, tier wasm: ${wasmText} (${why})`] };
  }
  const { threads } = nativeTier();
  const nativeText = `C compiled by ${compiler ?? "cc"}, ${lanes ?? 4} lanes, ${threads} ${threads === 1 ? "thread" : "threads"}`;
  const why = tier === "native" ? "asked for" : `programs that outweigh a compiler's time; smaller ones run as ${wasmText}`;
  return { device, tier: tier === "native" ? "native" : "auto", threads, lines: [`device cpu, tier native: ${nativeText} (${why})`] };
}

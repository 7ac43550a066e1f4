import type { Backend } from "../backends/backend.ts";
import type { NativeBackend } from "../backends/cpu/native.ts";
import { nativeAvailability, nativeBackend } from "../backends/cpu/native.ts";
import type { Traced } from "../compiler/compile.ts";
import { compile } from "../compiler/compile.ts";
import { letterSizes } from "../compiler/contraction.ts";
import { bytesOf } from "../core/dtype.ts";
import { GradsmithError } from "../core/errors.ts";
import type { Node } from "../ir/graph.ts";
import { topological } from "../ir/graph.ts";
import type { ScanLoop } from "../ir/scan.ts";
import { isScan, resultOf } from "../ir/scan.ts";
import { planned } from "./plans.ts";
import { deviceSettings } from "./settings.ts";
import { reportSlowCompiler } from "./slow-compilers.ts";
import type { BackendChoice } from "./wasm-tier.ts";
import { wasmTier } from "./wasm-tier.ts";

/**
 * Operations from which the native tier pays: a compiler takes about half a second, in which the wasm tier does about this much. The
 * estimate depends on the program alone, never on a clock or a cache, so the same program takes the same tier every time.
 */
const worthCompiling = 4e9;
/** With so many times more in a graph's products alone, a program isn't compiled for WebAssembly to be weighed. Few products can be saved. */
const surely = 4;
/** Programs over more memory than this are compiled all the same: WebAssembly copies it in and out, and has 4 GiB. */
const mostCopied = 2 ** 30;

let native: { backend: NativeBackend; threads: number | undefined } | undefined;
let failure: string | undefined;

function nativeTier(threads = deviceSettings().threads): NativeBackend {
  if (native === undefined || native.threads !== threads) {
    const onSlowCompile = (program: string): void => reportSlowCompiler(`${program} with ${nativeAvailability().compiler ?? "cc"}`);
    native = { backend: nativeBackend({ onSlowCompile, ...(threads === undefined ? {} : { threads }) }), threads };
  }
  return native.backend;
}

/** The native tier, which somebody asked for; what runs instead if it has failed before. */
export function nativeAsked(traced: Traced, expectedRuns: number): Generator<undefined, BackendChoice> {
  const { threads } = deviceSettings();
  if (failure !== undefined) return weighed(traced, expectedRuns);
  const { available, reason } = nativeAvailability();
  if (!available) throw new GradsmithError("device", "native", `${reason}.`, "Or use the wasm tier: GRADSMITH_CPU=wasm.");
  return planned(nativeTier(threads), traced, "asked for");
}

/** The native tier if the program's work outweighs a compiler's, or its memory is more than WebAssembly should hold; else wasm. */
export function* weighed(traced: Traced, expectedRuns: number): Generator<undefined, BackendChoice> {
  const { threads } = deviceSettings();
  const products = leastOperations(traced.outputs) * expectedRuns;
  if (products > surely * worthCompiling && failure === undefined && nativeAvailability().available) {
    return yield* planned(nativeTier(threads), traced, `${products.toExponential(1)} operations in products: worth compiling C`);
  }
  const choice = yield* planned(wasmTier(), traced, "");
  const { buffers, arenaBytes } = choice.compiled.program;
  const operations = choice.operations * expectedRuns;
  const amount = `${operations.toExponential(1)} operations`;
  const given = buffers.reduce((sum, { place, dtype, length }) => sum + (place.kind === "argument" ? length * bytesOf(dtype) : 0), 0);
  const isLarge = given + arenaBytes > mostCopied;
  if (operations < worthCompiling && !isLarge) return { ...choice, reason: `${amount}: not worth a compiler's time` };
  if (failure !== undefined) return { ...choice, reason: failure };
  const { available, reason } = nativeAvailability();
  if (!available) return { ...choice, reason };
  choice.setAside();
  return yield* planned(nativeTier(threads), traced, isLarge ? "more memory than WebAssembly should hold" : `${amount}: worth compiling C`);
}

/** Operations of the products in a graph. */
function leastOperations(roots: readonly Node[]): number {
  const loops = new Set<ScanLoop>();
  return topological(roots).reduce((sum, node) => {
    if (node.op.kind === "contract") return sum + [...letterSizes(node).values()].reduce((count, size) => count * size, 2);
    const { loop } = isScan(node) ? resultOf(node) : {};
    if (loop === undefined || loops.has(loop)) return sum;
    loops.add(loop);
    const { length, carries, outputs } = loop.body;
    return sum + length * leastOperations([...carries.map(({ next }) => next), ...outputs]);
  }, 0);
}

/** What runs in place of a tier that doesn't work here; after a failure of the native tier everything runs on wasm. Says so once. */
export function replacement(traced: Traced, failed: Backend, cause: unknown): BackendChoice {
  if (!(cause instanceof GradsmithError && cause.code === "device") || failed.name === "wasm") throw cause;
  if (failure === undefined) {
    const [firstLine] = cause.message.split("\n");
    failure = `the native tier failed: ${firstLine}`;
    (globalThis as { console?: { warn(text: string): void } }).console?.warn(`gradsmith: ${failure} Going on with WebAssembly.`);
  }
  const backend = wasmTier();
  const compiled = compile(traced, backend.target);
  return { backend, compiled, reason: failure, start: () => backend.compile(compiled.program) };
}

/** What there is to say of the native tier: what it is, or why there is none. */
export interface NativeState {
  readonly text: string | undefined;
  readonly threads: number;
  readonly reason: string;
  readonly hasFailed: boolean;
}

export function nativeState(): NativeState {
  const hasFailed = failure !== undefined;
  const { available, reason, compiler, lanes } = nativeAvailability();
  if (!available || hasFailed) return { text: undefined, threads: 1, reason: failure ?? reason, hasFailed };
  const { threads } = nativeTier();
  const text = `C compiled by ${compiler ?? "cc"}, ${lanes ?? 4} lanes, ${threads} ${threads === 1 ? "thread" : "threads"}`;
  return { text, threads, reason, hasFailed };
}

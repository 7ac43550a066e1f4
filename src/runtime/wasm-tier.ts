import type { Backend, Executable } from "../backends/backend.ts";
import type { WasmBackend } from "../backends/cpu/wasm.ts";
import { wasmBackend } from "../backends/cpu/wasm.ts";
import type { Compiled, Traced } from "../compiler/compile.ts";
import { compiling } from "../compiler/compile.ts";
import { deviceSettings } from "./settings.ts";

/** Where a program runs, and the program as it is compiled for that. */
export interface BackendChoice {
  readonly backend: Backend;
  readonly compiled: Compiled;
  readonly reason: string;
  /** Begins to make it ready. */
  start(): Executable;
}

export function* compiledFor(backend: Backend, traced: Traced, reason: string): Generator<undefined, BackendChoice> {
  const compiled = yield* compiling(traced, backend.target);
  return { backend, compiled, reason, start: () => backend.compile(compiled.program) };
}

let wasm: { backend: WasmBackend; relaxedSimd: boolean; threads: number } | undefined;

/** A worker costs some 6 MB, whatever it has to do, and each program has its own. */
const mostWorkers = 64;

/** How many threads large kernels have: one, unless more were asked for. */
export const wasmThreads = (): number => Math.min(deviceSettings().threads ?? 1, mostWorkers);

/** With fused multiply-add only where the engine has it, whatever the settings say; on more than one thread only if asked for. */
export function wasmTier(): WasmBackend {
  const { relaxedSimd } = deviceSettings();
  const threads = wasmThreads();
  if (wasm?.relaxedSimd !== relaxedSimd || wasm.threads !== threads) {
    const backend = wasmBackend({ ...(relaxedSimd ? {} : { relaxedSimd }), threads });
    wasm = { backend, relaxedSimd, threads };
  }
  return wasm.backend;
}

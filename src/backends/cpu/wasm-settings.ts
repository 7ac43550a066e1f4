import type { DeviceSettings } from "../settings.ts";
import type { WasmTier } from "./wasm.ts";
import { wasmTier } from "./wasm.ts";

/** A worker costs some 6 MB, whatever it has to do, and each program has its own. */
const mostWorkers = 64;

/** How many threads large kernels have: one, unless more were asked for. */
export const wasmThreads = ({ threads = 1 }: DeviceSettings): number => Math.min(threads, mostWorkers);

let made: { tier: WasmTier; relaxedSimd: boolean; threads: number } | undefined;

/** With fused multiply-add only where the engine has it, whatever the settings say; on more than one thread only if asked for. */
export function wasmTierFor(settings: DeviceSettings): WasmTier {
  const { relaxedSimd } = settings;
  const threads = wasmThreads(settings);
  if (made?.relaxedSimd !== relaxedSimd || made.threads !== threads) {
    made = { tier: wasmTier({ ...(relaxedSimd ? {} : { relaxedSimd }), threads }), relaxedSimd, threads };
  }
  return made.tier;
}

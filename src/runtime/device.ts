import { wasmFeatures } from "../backends/cpu/wasm-features.ts";
import type { Traced } from "../compiler/compile.ts";
import { nativeAsked, nativeState, weighed } from "./native-tier.ts";
import { planned } from "./plans.ts";
import { deviceSettings } from "./settings.ts";
import type { BackendChoice } from "./wasm-tier.ts";
import { wasmThreads, wasmTier } from "./wasm-tier.ts";

/** The tier for a program that will run about `expectedRuns` times, by the settings as they are now, and the program compiled for it. */
export function chooseBackend(traced: Traced, expectedRuns: number): Generator<undefined, BackendChoice> {
  switch (deviceSettings().tier) {
    case "native":
      return nativeAsked(traced, expectedRuns);
    case "wasm":
      return planned(wasmTier(), traced, "asked for");
    case "auto":
      return weighed(traced, expectedRuns);
  }
}

/** What `describeDevice` tells. */
export interface DeviceDescription {
  /** "cpu" or "reference". */
  readonly device: string;
  /** "native", "wasm" or "reference". */
  readonly tier: string;
  /** How many a large kernel may use. */
  readonly threads: number;
  /** Sentences for people: what is used, and why. */
  readonly lines: readonly string[];
}

/**
 * What programs run on here, and why, by the settings and the machine as they are now.
 *
 * @throws GradsmithError "option" where an environment variable names what isn't there.
 * @example console.log(describeDevice().lines.join("\n"));
 */
export function describeDevice(): DeviceDescription {
  const { device, tier } = deviceSettings();
  if (device === "reference") {
    return { device, tier: "reference", threads: 1, lines: ["device reference: float64, one element at a time (asked for)"] };
  }
  const { relaxedSimd } = wasmFeatures();
  const wasmText = `WebAssembly SIMD${relaxedSimd && deviceSettings().relaxedSimd ? " with fused multiply-add" : ""}`;
  if (tier === "wasm") {
    const threads = wasmThreads();
    const several = threads > 1 ? `, large kernels on ${threads} threads` : "";
    return { device, tier, threads, lines: [`device cpu, tier wasm: ${wasmText}${several} (asked for)`] };
  }
  const { text, threads, reason, hasFailed } = nativeState();
  if (text === undefined && tier === "native" && !hasFailed)
    return { device, tier, threads, lines: [`device cpu, tier native: asked for, but not to be had (${reason})`] };
  if (text === undefined) return { device, tier: "wasm", threads, lines: [`device cpu, tier wasm: ${wasmText} (${reason})`] };
  const why = tier === "native" ? "asked for" : `programs that outweigh a compiler's time; smaller ones run as ${wasmText}`;
  return { device, tier, threads, lines: [`device cpu, tier native: ${text} (${why})`] };
}

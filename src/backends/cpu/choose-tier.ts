import type { Traced } from "../../compiler/compile.ts";
import { compile } from "../../compiler/compile.ts";
import { GradsmithError } from "../../core/errors.ts";
import type { LoadOptions } from "../backend.ts";
import type { DeviceSettings } from "../settings.ts";
import type { Awaited, Loader, Loading, TierChoice } from "./loading.ts";
import type { Tier } from "./tier.ts";
import { wasmTierFor } from "./wasm-settings.ts";

/** What only some environments have: compilers of C. */
export interface NativePart {
  /** What to wait for before `availability` can say at once; undefined where it can. */
  asked(): Awaited | undefined;
  availability(): { readonly available: boolean; readonly reason: string };
  tier(settings: DeviceSettings): Tier;
  /** Whether a program is worth compiling C, by a rule that looks at its graph alone. */
  weighed(traced: Traced, expectedRuns: number): { readonly isWorthIt: boolean; readonly reason: string };
  describe(settings: DeviceSettings): { readonly text: string; readonly threads: number };
}

/** What programs are made with in an environment. */
export interface Means {
  readonly native: NativePart | undefined;
  readonly loader: Loader;
  /** Why the native tier, which was there, is not used any more. */
  failure: string | undefined;
  /** Whether the user was told that there is no compiler. */
  isAbsenceNoticed?: boolean;
}

/** Makes a program for the tier that the settings ask for, or the one that its work calls for. */
export function* loadingOn(means: Means, traced: Traced, options: LoadOptions): Loading<TierChoice> {
  const { settings } = options;
  const { native, loader } = means;
  if (settings.tier === "wasm") return yield* loader(wasmTierFor(settings), traced, "asked for");
  if (settings.tier === "native" && means.failure === undefined) {
    yield* answered(native);
    const { available, reason } = native?.availability() ?? noCompiler;
    if (!available) throw new GradsmithError("device", "native", `${reason}.`, "Or use the wasm tier: GRADSMITH_CPU=wasm.");
    return yield* loader(native!.tier(settings), traced, "asked for");
  }
  if (native === undefined) return yield* loader(wasmTierFor(settings), traced, noCompiler.reason);
  const { isWorthIt, reason } = native.weighed(traced, options.expectedRuns);
  if (!isWorthIt) return yield* loader(wasmTierFor(settings), traced, reason);
  if (means.failure !== undefined) return yield* loader(wasmTierFor(settings), traced, means.failure);
  yield* answered(native);
  const { available, reason: absence } = native.availability();
  if (!available) noticeAbsence(means, absence);
  return yield* available ? loader(native.tier(settings), traced, reason) : loader(wasmTierFor(settings), traced, absence);
}

const noCompiler = { available: false, reason: "a browser has no C compiler" };

/** Once, and only where native code would have been used. */
function noticeAbsence(means: Means, absence: string): void {
  if (means.isAbsenceNoticed) return;
  means.isAbsenceNoticed = true;
  console.warn(`gradsmith: ${absence}. Going on with WebAssembly, slower for work like this; GRADSMITH_CPU=wasm says that it is meant.`);
}

function* answered(native: NativePart | undefined): Loading<void> {
  const asked = native?.asked();
  if (asked !== undefined) yield asked;
}

/** What runs in place of a tier that doesn't work here; after a failure of the native tier everything runs on wasm. Says so once. */
export function replacement(means: Means, traced: Traced, settings: DeviceSettings, failed: Tier, cause: unknown): TierChoice {
  if (!(cause instanceof GradsmithError && cause.code === "device") || failed.name === "wasm") throw cause;
  if (means.failure === undefined) {
    const [firstLine] = cause.message.split("\n");
    means.failure = `the native tier failed: ${firstLine}`;
    console.warn(`gradsmith: ${means.failure} Going on with WebAssembly.`);
  }
  const tier = wasmTierFor(settings);
  const compiled = compile(traced, tier.target);
  return { tier, compiled, reason: means.failure, start: () => tier.compile(compiled.program) };
}

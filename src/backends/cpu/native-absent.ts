import { GradsmithError } from "../../core/errors.ts";
import type { NativeBackend, NativeOptions } from "./native.ts";

/** Stands in for `native.ts` in bundles for browsers (package.json, `browser`): there is no compiler there, and no need to carry a C printer. */
export function nativeAvailability(): { available: false; reason: string } {
  return { available: false, reason: "a browser has no C compiler" };
}

export function nativeBackend(_options?: NativeOptions): NativeBackend {
  throw new GradsmithError("device", "native", nativeAvailability().reason, "Use the wasm tier.");
}

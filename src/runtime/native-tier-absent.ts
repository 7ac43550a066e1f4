import type { Backend } from "../backends/backend.ts";
import type { Traced } from "../compiler/compile.ts";
import { GradsmithError } from "../core/errors.ts";
import type { NativeState } from "./native-tier.ts";
import type { BackendChoice } from "./wasm-tier.ts";
import { compiledFor, wasmTier } from "./wasm-tier.ts";

// Stands in for `native-tier.ts` in bundles for browsers (package.json, `browser`): there is no compiler there, and no need to carry a C printer.

const reason = "a browser has no C compiler";

export function nativeAsked(): never {
  throw new GradsmithError("device", "native", `${reason}.`, "Or use the wasm tier.");
}

export const weighed = (traced: Traced): Generator<undefined, BackendChoice> => compiledFor(wasmTier(), traced, reason);

export function replacement(_traced: Traced, _failed: Backend, cause: unknown): never {
  throw cause;
}

export const nativeState = (): NativeState => ({ text: undefined, threads: 1, reason, hasFailed: false });

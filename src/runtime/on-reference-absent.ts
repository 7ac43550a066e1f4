import { GradsmithError } from "../core/errors.ts";

/** Stands in for `on-reference.ts` in bundles for browsers (package.json, `browser`), which needn't carry the oracle. */
export function onReference(): never {
  throw new GradsmithError("device", "reference", "the reference device isn't part of bundles for browsers.", "Use the cpu device.");
}

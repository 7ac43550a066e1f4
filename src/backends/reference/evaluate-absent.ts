import { GradsmithError } from "../../core/errors.ts";
import type { Node } from "../../ir/graph.ts";

/** Stands in for `evaluate.ts` in bundles for browsers (package.json, `browser`), which needn't carry the oracle. */
export function evaluateGraph(_roots: readonly Node[], _contentsOf: (source: Node) => ArrayLike<number>): Float64Array[] {
  throw new GradsmithError("device", "reference", "the reference device isn't part of bundles for browsers.", "Use the cpu device.");
}

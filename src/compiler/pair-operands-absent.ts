import type { Node } from "../ir/graph.ts";

/** Stands in for `pair-operands.ts` in bundles for browsers (package.json, `browser`), where nothing multiplies pairs. */
export const pairOperands = (roots: readonly Node[]): readonly Node[] => roots;

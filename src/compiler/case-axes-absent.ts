import type { Axis, Nest } from "./case-axes.ts";

/** Stands in for `case-axes.ts` in bundles for browsers (package.json, `browser`), which ask at each element which case it is. */
export const nestOf = (domain: readonly Axis[]): Nest => ({ axes: domain, cases: [], meaning: new Map() });

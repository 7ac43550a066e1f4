/** Stands in for `relaxed-simd.ts` in bundles for browsers (package.json, `browser`), whose engines have it or don't. */
export const askForRelaxedSimd = (): boolean => false;

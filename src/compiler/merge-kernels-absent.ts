/** Stands in for `merge-kernels.ts` in bundles for browsers (package.json, `browser`), where kernels aren't merged. */
export const mergeKernels = <T>(made: T): T => made;

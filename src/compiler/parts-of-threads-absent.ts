/** Stands in for `parts-of-threads.ts` in bundles for browsers (package.json, `browser`), where one thread does small programs. */
export const partsOfThreads = (): undefined => undefined;

const nothing = (): undefined => undefined;

/** Stand in for `environment.ts` in bundles for browsers (package.json, `browser`), which have no environment. */
export { nothing as deviceWished, nothing as threadsWished, nothing as tierWished };

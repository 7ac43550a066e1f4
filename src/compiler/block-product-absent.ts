const absent = (): never => {
  throw new Error("nothing multiplies blocks here");
};

/** Stand in for `block-product.ts` in bundles for browsers (package.json, `browser`). */
export { absent as BlockProduct, absent as blockTiling };

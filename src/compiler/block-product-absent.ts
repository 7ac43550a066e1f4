/** Stands in for `block-product.ts` in bundles for browsers (package.json, `browser`), where nothing multiplies blocks: nobody calls it. */
const absent: unknown = undefined;

export { absent as BlockProduct, absent as blockTiling };

// Stands in for `plans.ts` in bundles for browsers (package.json, `browser`): there are no files there, and every program is compiled.
export { compiledFor as planned } from "./wasm-tier.ts";

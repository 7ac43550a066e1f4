/** The smallest useful door: tensors, gradients, compiled functions. What a page pays for this is held to a limit (scripts/bundle-size.mjs). */
export * from "./autodiff.ts";
export * from "./runtime.ts";
export * from "./tensor.ts";

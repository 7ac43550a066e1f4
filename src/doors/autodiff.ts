/** Gradients of functions of tensors. */
export type { Backward } from "../autodiff/custom-gradient.ts";
export { customGradient, stopGradient } from "../autodiff/custom-gradient.ts";
export type { ValueAndGrads, ValueAndGradsWithAux } from "../autodiff/grad.ts";
export { grad, valueAndGrad } from "../autodiff/grad.ts";
export type { Scanned, ScanOptions, ScanStep } from "../autodiff/scan.ts";
export { scan } from "../autodiff/scan.ts";

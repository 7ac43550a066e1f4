/** The language: tensors, how to make them, random numbers. */
import "../runtime/install.ts";

export type { DType, TypedArray } from "../core/dtype.ts";
export { dtypes } from "../core/dtype.ts";
export type { ErrorCode } from "../core/errors.ts";
export { GradsmithError } from "../core/errors.ts";
export type { Shape } from "../core/shape.ts";
export type { DTypeOptions, EyeOptions, LinspaceOptions, RangeOptions, TensorOptions } from "../tensor/create.ts";
export { arange, eye, full, linspace, ones, tensor, zeros } from "../tensor/create.ts";
export type { Nested, NestedNumbers } from "../tensor/functions/nested.ts";
export { concat, stack, where } from "../tensor/join.ts";
export { random } from "../tensor/random.ts";
export { Tensor } from "../tensor/tensor.ts";

import { GradsmithError } from "../core/errors.ts";
import type { AxisArgument } from "./axes.ts";
import * as arrangement from "./functions/arrangement.ts";
import type { Tensor } from "./tensor.ts";

/** Tensors one after the other along an axis, the first by default. */
export function concat(tensors: readonly Tensor[], argument?: AxisArgument): Tensor {
  const [first, ...others] = tensors;
  if (first !== undefined) return first.concat(others, argument);
  throw new GradsmithError("shape", "concat", "no tensors were given.", "Join at least one.");
}

/** Tensors of one shape as slices along a new axis, the first by default. */
export const stack = (tensors: readonly Tensor[], argument?: AxisArgument): Tensor => arrangement.stack(tensors, argument);

/** `x` where the condition holds, `y` elsewhere. */
export const where = (condition: Tensor, x: Tensor | number, y: Tensor | number): Tensor => condition.where(x, y);

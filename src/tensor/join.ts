import { GradsmithError } from "../core/errors.ts";
import { described } from "../core/options.ts";
import type { AxisArgument } from "./axes.ts";
import * as arrangement from "./functions/arrangement.ts";
import type { Tensor } from "./tensor.ts";

/**
 * Tensors one after the other along an axis, the first by default; all other axes must agree.
 *
 * @throws GradsmithError "shape" for no tensors or shapes that differ elsewhere, "option" for an unknown option.
 * @example concat([a, b], { axis: 1 })
 */
export function concat(tensors: readonly Tensor[], argument?: AxisArgument): Tensor {
  const [first, ...others] = listed("concat", tensors);
  if (first !== undefined) return first.concat(others, argument);
  throw new GradsmithError("shape", "concat", "no tensors were given.", "Join at least one.");
}

/**
 * Tensors of one shape as slices along a new axis, the first by default.
 *
 * @throws GradsmithError "shape" for no tensors or shapes that differ, "option" for an unknown option.
 * @example stack([a, b], { axis: -1 })
 */
export const stack = (tensors: readonly Tensor[], argument?: AxisArgument): Tensor => arrangement.stack(listed("stack", tensors), argument);

/**
 * `x` where the condition holds, `y` elsewhere; the three broadcast.
 *
 * @throws GradsmithError "shape" for shapes that don't broadcast.
 * @example where(x.greater(0), x, 0)
 */
export const where = (condition: Tensor, x: Tensor | number, y: Tensor | number): Tensor => condition.where(x, y);

function listed(where: string, tensors: readonly Tensor[]): readonly Tensor[] {
  if (Array.isArray(tensors)) return tensors;
  throw new GradsmithError("usage", where, `the tensors must be an array, got ${described(tensors)}.`, `Write ${where}([a, b]).`);
}

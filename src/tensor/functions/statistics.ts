import type { ReduceArgument, ReduceOptions } from "../axes.ts";
import { axesOf, reduceOptions } from "../axes.ts";
import type { Tensor } from "../tensor.ts";

export interface VarianceOptions extends ReduceOptions {
  /** Subtracted from the count that the squares are divided by: 0 (default) for a population, 1 for a sample. */
  readonly ddof?: number | undefined;
}

/** sum(x) / n; integers give f32. */
export function mean(x: Tensor, argument?: ReduceArgument): Tensor {
  const count = axesOf("mean", argument, x.rank).reduce((n, axis) => n * x.shape[axis]!, 1);
  return x.floating().sum(argument).div(count);
}

/** mean((x - mean(x))²), in two passes, so that a large mean loses nothing. */
export function variance(x: Tensor, options: VarianceOptions = {}): Tensor {
  const axes = axesOf("variance", options, x.rank);
  const count = axes.reduce((n, axis) => n * x.shape[axis]!, 1);
  const { keepDims, ddof = 0 } = options;
  return x
    .sub(mean(x, { axes, keepDims: true }))
    .square()
    .sum({ axes, keepDims })
    .div(count - ddof);
}

/** The square root of the variance. Its gradient is 0 where the variance is. */
export const std = (x: Tensor, options: VarianceOptions = {}): Tensor => rootOrZero(variance(x, options));

/** sqrt(sum(x²)) over axes. Its gradient is 0 at a zero vector. */
export const norm = (x: Tensor, argument?: ReduceArgument): Tensor => rootOrZero(x.floating().square().sum(argument));

function rootOrZero(x: Tensor): Tensor {
  const isZero = x.equal(0);
  return isZero.where(0, isZero.where(1, x).sqrt());
}

/** Whether any element is not 0. */
export const any = (x: Tensor, argument?: ReduceArgument): Tensor => x.cast("bool").sum(argument).greater(0);
/** Whether no element is 0. */
export const all = (x: Tensor, argument?: ReduceArgument): Tensor => x.cast("bool").not().sum(argument).equal(0);

/** Where the largest element is: the first of equals, the first NaN if there is one. Over all elements when no axis is named. */
export const argmax = (x: Tensor, argument?: ReduceArgument): Tensor =>
  firstExtreme("argmax", x, argument, (t, axis) => t.max({ axis, keepDims: true }));
export const argmin = (x: Tensor, argument?: ReduceArgument): Tensor =>
  firstExtreme("argmin", x, argument, (t, axis) => t.min({ axis, keepDims: true }));

function firstExtreme(
  where: string,
  x: Tensor,
  argument: ReduceArgument | undefined,
  extreme: (x: Tensor, axis: number) => Tensor,
): Tensor {
  const { axis, axes, keepDims } = reduceOptions(argument);
  const named = axis ?? axes;
  if (named === undefined) {
    const flat = firstExtreme(where, x.flatten(), 0, extreme);
    return keepDims === true ? flat.reshape(x.shape.map(() => 1)) : flat;
  }
  const along = axesOf(where, named, x.rank)[0]!;
  const best = x.equal(extreme(x, along)).or(x.isNaN());
  return best.where(x.positions({ axis: along }), x.shape[along]!).min({ axis: along, keepDims });
}

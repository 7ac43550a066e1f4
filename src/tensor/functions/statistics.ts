import { nonNegativeNumber } from "../../core/checks.ts";
import type { OptionChecks } from "../../core/options.ts";
import type { ReduceArgument, ReduceOptions } from "../axes.ts";
import { axesOf, givenAxes, keepsDims, oneAxis, reduceChecks } from "../axes.ts";
import type { Tensor } from "../tensor.ts";

export interface VarianceOptions extends ReduceOptions {
  /** Subtracted from the count that the squares are divided by: 0 (default) for a population, 1 for a sample. */
  readonly ddof?: number | undefined;
}
export type VarianceArgument = number | readonly number[] | VarianceOptions;

const varianceChecks: OptionChecks<VarianceOptions> = { ...reduceChecks, ddof: nonNegativeNumber };

/** sum(x) / n; integers give f32. */
export function mean(x: Tensor, argument?: ReduceArgument): Tensor {
  const count = axesOf("mean", argument, x.rank, reduceChecks).reduce((n, axis) => n * x.shape[axis]!, 1);
  return x.floating().sum(argument).div(count);
}

/** mean((x - mean(x))²), in two passes, so that a large mean loses nothing. */
export function variance(x: Tensor, argument?: VarianceArgument, where = "variance"): Tensor {
  const axes = axesOf(where, argument, x.rank, varianceChecks);
  const count = axes.reduce((n, axis) => n * x.shape[axis]!, 1);
  const { ddof = 0 } = (argument ?? {}) as VarianceOptions;
  return x
    .sub(mean(x, { axes, keepDims: true }))
    .square()
    .sum({ axes, keepDims: keepsDims(argument) })
    .div(count - ddof);
}

/** The square root of the variance. Its gradient is 0 where the variance is. */
export const std = (x: Tensor, argument?: VarianceArgument): Tensor => rootOrZero(variance(x, argument, "std"));

/** sqrt(sum(x²)) over axes. Its gradient is 0 at a zero vector. */
export function norm(x: Tensor, argument?: ReduceArgument): Tensor {
  const axes = axesOf("norm", argument, x.rank, reduceChecks);
  if (axes.some((axis) => x.shape[axis] === 0)) return x.floating().sum(argument);
  // Constant to grad: it cancels.
  const unit = squareUnit(x.stopGradient().floating().abs().max({ axes, keepDims: true }));
  const root = rootOrZero(x.div(unit).square().sum({ axes, keepDims: true })).mul(unit);
  return keepsDims(argument) ? root : root.squeeze(axes);
}

/** What numbers are divided by, of which the largest is given, so that their squares neither overflow nor vanish: 1 where that is 0 or infinite. */
export const squareUnit = (largest: Tensor): Tensor => largest.greater(0).and(largest.isFinite()).where(largest, 1);

function rootOrZero(x: Tensor): Tensor {
  const isZero = x.equal(0);
  return isZero.where(0, isZero.where(1, x).sqrt());
}

/** Whether any element is not 0. */
export const any = (x: Tensor, argument?: ReduceArgument): Tensor => x.cast("bool").sum(checked("any", argument)).greater(0);
/** Whether no element is 0. */
export const all = (x: Tensor, argument?: ReduceArgument): Tensor => x.cast("bool").not().sum(checked("all", argument)).equal(0);

/** The argument, so that an error names the method that was called and not the sum inside it. */
function checked(where: string, argument: ReduceArgument | undefined): ReduceArgument | undefined {
  givenAxes(where, argument, reduceChecks);
  return argument;
}

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
  const named = givenAxes(where, argument, reduceChecks);
  const keepDims = keepsDims(argument);
  if (named === undefined) {
    const flat = firstExtreme(where, x.flatten(), 0, extreme);
    return keepDims ? flat.reshape(x.shape.map(() => 1)) : flat;
  }
  const along = oneAxis(where, named, x.rank);
  const best = x.equal(extreme(x, along)).or(x.isNaN());
  return best.where(x.positions({ axis: along }), x.shape[along]!).min({ axis: along, keepDims });
}

import type { AxisArgument, ReduceArgument } from "../axes.ts";
import { axesOf, axisOf, keepsDims, reduceChecks } from "../axes.ts";
import type { Tensor } from "../tensor.ts";

/** exp(x) / sum(exp(x)) along one axis, the last by default. Shifted by the maximum, so that no exp overflows. */
export function softmax(x: Tensor, argument?: AxisArgument): Tensor {
  const axis = axisOf("softmax", argument, x.rank, -1);
  const exps = shifted(x, axis).exp();
  return exps.div(exps.sum({ axis, keepDims: true }));
}

/** log(softmax(x)), exact where softmax is too small for a float. */
export function logSoftmax(x: Tensor, argument?: AxisArgument): Tensor {
  const axis = axisOf("logSoftmax", argument, x.rank, -1);
  const moved = shifted(x, axis);
  return moved.sub(moved.exp().sum({ axis, keepDims: true }).log());
}

// The shift cancels in value and gradient, so it may be a constant.
const shifted = (x: Tensor, axis: number): Tensor =>
  x.shape[axis] === 0 ? x.floating() : x.sub(x.max({ axis, keepDims: true }).stopGradient());

/** log(sum(exp(x))) over axes. Rows of -inf, and rows of nothing, give -inf, with gradient 0. */
export function logSumExp(x: Tensor, argument?: ReduceArgument): Tensor {
  const axes = axesOf("logSumExp", argument, x.rank, reduceChecks);
  if (axes.some((axis) => x.shape[axis] === 0)) return x.floating().sum(argument).fill(-Infinity);
  const largest = x.max({ axes, keepDims: true }).stopGradient();
  const shift = largest.isFinite().where(largest, 0);
  const total = x.sub(shift).exp().sum({ axes, keepDims: true });
  const isEmpty = total.equal(0);
  const result = isEmpty.where(-Infinity, isEmpty.where(1, total).log().add(shift));
  return keepsDims(argument) ? result : result.squeeze(axes);
}

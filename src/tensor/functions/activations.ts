import { finiteNumber, flag } from "../../core/checks.ts";
import { isFloat } from "../../core/dtype.ts";
import type { OptionChecks } from "../../core/options.ts";
import { checkOptions } from "../../core/options.ts";
import type { Tensor } from "../tensor.ts";

export interface GeluOptions {
  /** The tanh formula instead of erf. Default false. */
  readonly approximate?: boolean | undefined;
}
export interface EluOptions {
  /** What the function falls to, negated. Default 1. */
  readonly alpha?: number | undefined;
}
export interface LeakyReluOptions {
  /** The slope below 0. Default 0.2. */
  readonly negativeSlope?: number | undefined;
}

const geluChecks: OptionChecks<GeluOptions> = { approximate: flag };
const eluChecks: OptionChecks<EluOptions> = { alpha: finiteNumber };
const leakyReluChecks: OptionChecks<LeakyReluOptions> = { negativeSlope: finiteNumber };

/** x·Φ(x) with Φ the normal distribution (Hendrycks and Gimpel, 2016). */
export function gelu(x: Tensor, options: GeluOptions = {}): Tensor {
  const { approximate = false } = checkOptions("gelu", options, geluChecks);
  if (!approximate) return saturating(x).mul(x.mul(Math.SQRT1_2).erf().add(1).mul(0.5));
  const inner = x.add(x.square().mul(x).mul(0.044715)).mul(Math.sqrt(2 / Math.PI));
  return saturating(x).mul(inner.tanh().add(1).mul(0.5));
}

/** x where positive, alpha·(exp(x) - 1) elsewhere (Clevert et al., 2015). */
export function elu(x: Tensor, options: EluOptions = {}): Tensor {
  const { alpha = 1 } = checkOptions("elu", options, eluChecks);
  const isPositive = x.greater(0);
  // Not minimum, whose gradient at 0 is a half: with alpha 1 the function is smooth there.
  return isPositive.where(x, isPositive.where(0, x).expm1().mul(alpha));
}

/** x·sigmoid(x), also known as swish. */
export const silu = (x: Tensor): Tensor => saturating(x).mul(x.sigmoid());

/** x·tanh(softplus(x)) (Misra, 2019). */
export const mish = (x: Tensor): Tensor => saturating(x).mul(x.softplus().tanh());

/** x where it's multiplied with something that has long become 0: -Infinity would make that NaN. */
const saturating = (x: Tensor): Tensor => clip(x, -1000, undefined);

/** x / (1 + |x|): -1 and 1 at the infinities. */
export function softsign(x: Tensor): Tensor {
  // So large that 1 + |x| is |x|.
  const limit = x.dtype === "f64" ? 1e17 : x.dtype === "f16" ? 6e4 : 1e9;
  const bounded = clip(x, -limit, limit);
  return bounded.div(bounded.abs().add(1));
}

/** x where positive, negativeSlope·x elsewhere. */
export function leakyRelu(x: Tensor, options: LeakyReluOptions = {}): Tensor {
  const { negativeSlope = 0.2 } = checkOptions("leakyRelu", options, leakyReluChecks);
  return x.greater(0).where(x, x.mul(negativeSlope));
}

/**
 * Between two bounds, either of which may be left out; the high one where they cross. The gradient at a bound is 1. NaN stays, and a bound of NaN
 * gives NaN, as in NumPy.
 */
export function clip(x: Tensor, low: Tensor | number | undefined, high: Tensor | number | undefined): Tensor {
  const above = low === undefined ? x : beyond(x.less(low), low).where(low, x);
  return high === undefined ? above : beyond(above.greater(high), high).where(high, above);
}

const beyond = (isBeyond: Tensor, bound: Tensor | number): Tensor => {
  if (typeof bound === "number") return Number.isNaN(bound) ? isBeyond.or(1) : isBeyond;
  return isFloat(bound.dtype) ? isBeyond.or(bound.isNaN()) : isBeyond;
};

import { finiteNumber, flag } from "../../core/checks.ts";
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
  if (!approximate) return x.mul(x.mul(Math.SQRT1_2).erf().add(1)).mul(0.5);
  const inner = x.add(x.square().mul(x).mul(0.044715)).mul(Math.sqrt(2 / Math.PI));
  return x.mul(inner.tanh().add(1)).mul(0.5);
}

/** x where positive, alpha·(exp(x) - 1) elsewhere (Clevert et al., 2015). */
export function elu(x: Tensor, options: EluOptions = {}): Tensor {
  const { alpha = 1 } = checkOptions("elu", options, eluChecks);
  return x.greater(0).where(x, x.minimum(0).expm1().mul(alpha));
}

/** x·sigmoid(x), also known as swish. */
export const silu = (x: Tensor): Tensor => x.mul(x.sigmoid());

/** x where positive, negativeSlope·x elsewhere. */
export function leakyRelu(x: Tensor, options: LeakyReluOptions = {}): Tensor {
  const { negativeSlope = 0.2 } = checkOptions("leakyRelu", options, leakyReluChecks);
  return x.greater(0).where(x, x.mul(negativeSlope));
}

/** Between two bounds, either of which may be left out. The gradient at a bound is 1, and NaN stays. */
export function clip(x: Tensor, low: Tensor | number | undefined, high: Tensor | number | undefined): Tensor {
  const below = low === undefined ? x : x.less(low).where(low, x);
  return high === undefined ? below : x.greater(high).where(high, below);
}

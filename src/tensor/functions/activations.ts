import type { Tensor } from "../tensor.ts";

export interface GeluOptions {
  /** The tanh formula instead of erf. */
  readonly approximate?: boolean | undefined;
}

/** x·Φ(x) with Φ the normal distribution (Hendrycks and Gimpel, 2016). */
export function gelu(x: Tensor, { approximate = false }: GeluOptions = {}): Tensor {
  if (!approximate) return x.mul(x.mul(Math.SQRT1_2).erf().add(1)).mul(0.5);
  const inner = x.add(x.square().mul(x).mul(0.044715)).mul(Math.sqrt(2 / Math.PI));
  return x.mul(inner.tanh().add(1)).mul(0.5);
}

/** x where positive, alpha·(exp(x) - 1) elsewhere (Clevert et al., 2015). */
export const elu = (x: Tensor, { alpha = 1 }: { readonly alpha?: number | undefined } = {}): Tensor =>
  x.greater(0).where(x, x.minimum(0).expm1().mul(alpha));

/** x·sigmoid(x), also known as swish. */
export const silu = (x: Tensor): Tensor => x.mul(x.sigmoid());

/** x where positive, slope·x elsewhere. */
export const leakyRelu = (x: Tensor, { slope = 0.2 }: { readonly slope?: number | undefined } = {}): Tensor =>
  x.greater(0).where(x, x.mul(slope));

/** Between two bounds, either of which may be left out. The gradient at a bound is 1, and NaN stays. */
export function clip(x: Tensor, low: Tensor | number | undefined, high: Tensor | number | undefined): Tensor {
  const below = low === undefined ? x : x.less(low).where(low, x);
  return high === undefined ? below : x.greater(high).where(high, below);
}

import type { DType } from "../../core/dtype.ts";
import { GradsmithError } from "../../core/errors.ts";
import type { Shape } from "../../core/shape.ts";
import { erf } from "../../ir/erf.ts";
import type { Tensor } from "../tensor.ts";
import type { KeyOptions } from "./random-bits.ts";
import { uniform } from "./random-uniform.ts";

export interface NormalOptions extends KeyOptions {
  readonly dtype?: DType | undefined;
  readonly mean?: number | undefined;
  readonly std?: number | undefined;
}
export interface TruncatedNormalOptions extends NormalOptions {
  /** Bounds in units of `std` around `mean`; -2 and 2 by default. */
  readonly low?: number | undefined;
  readonly high?: number | undefined;
}

/** Normal numbers, sqrt(2)·erfinv(u) with u uniform over (-1, 1): JAX's `random.normal`. */
export function normal(shape: Shape, { mean = 0, std = 1, dtype = "f32", ...from }: NormalOptions = {}): Tensor {
  const computed = dtype === "f64" ? "f64" : "f32";
  const u = uniform(shape, { ...from, dtype: computed, low: next(-1, 1, computed), high: 1 });
  return scaled(u.erfinv().mul(Math.SQRT2), mean, std).cast(dtype);
}

/** Normal numbers that fell between two bounds: JAX's `random.truncated_normal`, then scaled. */
export function truncatedNormal(
  shape: Shape,
  { mean = 0, std = 1, low = -2, high = 2, dtype = "f32", ...from }: TruncatedNormalOptions = {},
): Tensor {
  if (!(low < high)) throw new GradsmithError("option", "random", `low ${low} is not below high ${high}.`, "Swap them.");
  const computed = dtype === "f64" ? "f64" : "f32";
  const u = uniform(shape, { ...from, dtype: computed, low: erf(low / Math.SQRT2), high: erf(high / Math.SQRT2) });
  const inside = u
    .erfinv()
    .mul(Math.SQRT2)
    .clip(next(low, 1, computed), next(high, -1, computed));
  return scaled(inside, mean, std).cast(dtype);
}

const scaled = (x: Tensor, mean: number, std: number): Tensor => {
  const wide = std === 1 ? x : x.mul(std);
  return mean === 0 ? wide : wide.add(mean);
};

/** The neighbouring float: upwards for direction 1, downwards for -1. */
function next(value: number, direction: 1 | -1, dtype: "f32" | "f64"): number {
  if (!Number.isFinite(value)) return value;
  const floats = dtype === "f32" ? Float32Array.of(value) : Float64Array.of(value);
  if (floats[0] === 0) return direction * (dtype === "f32" ? 2 ** -149 : 2 ** -1074);
  const words = dtype === "f32" ? new Uint32Array(floats.buffer) : new BigUint64Array(floats.buffer);
  const away = floats[0]! > 0 === direction > 0;
  if (words instanceof Uint32Array) words[0] = words[0]! + (away ? 1 : -1);
  else words[0] = words[0]! + (away ? 1n : -1n);
  return floats[0]!;
}

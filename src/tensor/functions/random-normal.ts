import { anyNumber, finiteNumber, knownDType, nonNegativeNumber } from "../../core/checks.ts";
import type { DType } from "../../core/dtype.ts";
import { GradsmithError } from "../../core/errors.ts";
import type { OptionChecks } from "../../core/options.ts";
import { checkOptions } from "../../core/options.ts";
import type { Shape } from "../../core/shape.ts";
import { checkedShape } from "../../core/shape.ts";
import { erf } from "../../ir/erf.ts";
import type { Tensor } from "../tensor.ts";
import type { KeyOptions } from "./key-options.ts";
import { keyChecks } from "./key-options.ts";
import { uniform } from "./random-uniform.ts";

export interface NormalOptions extends KeyOptions {
  /** Of floats; `f32` by default. */
  readonly dtype?: DType | undefined;
  /** Default 0. */
  readonly mean?: number | undefined;
  /** The standard deviation. Default 1. */
  readonly std?: number | undefined;
}
export interface TruncatedNormalOptions extends NormalOptions {
  /** Bounds in units of `std` around `mean`; -2 and 2 by default. */
  readonly low?: number | undefined;
  readonly high?: number | undefined;
}

const checks: OptionChecks<NormalOptions> = { ...keyChecks, dtype: knownDType, mean: finiteNumber, std: nonNegativeNumber };
const truncatedChecks: OptionChecks<TruncatedNormalOptions> = { ...checks, low: anyNumber, high: anyNumber };

/**
 * Normally distributed numbers, in the shape: JAX's `random.normal`.
 *
 *     mean + std·√2·erfinv(u), u uniform over (−1, 1)
 *
 * Defaults: `mean` 0, `std` 1, `dtype` f32, the next key, as `random` says.
 *
 * @throws GradsmithError "option" for an unknown option or a negative `std`, "dtype" for integers, "shape" unless `shape` is one.
 * @example random.normal([2, 3], { std: 0.1, seed: 7 })
 */
export function normal(shape: Shape, options: NormalOptions = {}): Tensor {
  checkedShape("random.normal", shape);
  const { mean = 0, std = 1, dtype = "f32", ...from } = checkOptions("random.normal", options, checks);
  const computed = dtype === "f64" ? "f64" : "f32";
  const u = uniform(shape, { ...from, dtype: computed, low: next(-1, 1, computed), high: 1 });
  return scaled(u.erfinv().mul(Math.SQRT2), mean, std).cast(dtype);
}

/**
 * Normally distributed numbers that fell between two bounds, in the shape: JAX's `random.truncated_normal`, then scaled.
 *
 *     mean + std·√2·erfinv(u), u uniform over (erf(low/√2), erf(high/√2))
 *
 * Defaults: `mean` 0, `std` 1, `low` −2, `high` 2, `dtype` f32, the next key, as `random` says.
 *
 * @throws GradsmithError "option" for an unknown option or low not below high, "dtype" for integers, "shape" unless `shape` is one.
 * @example random.truncatedNormal([2, 3], { std: 0.1, seed: 7 })
 */
export function truncatedNormal(shape: Shape, options: TruncatedNormalOptions = {}): Tensor {
  const where = "random.truncatedNormal";
  checkedShape(where, shape);
  const { mean = 0, std = 1, low = -2, high = 2, dtype = "f32", ...from } = checkOptions(where, options, truncatedChecks);
  if (!(low < high)) throw new GradsmithError("option", where, `low ${low} is not below high ${high}.`, "Swap them.");
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

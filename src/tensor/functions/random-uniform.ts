import { finiteNumber, knownDType } from "../../core/checks.ts";
import type { DType } from "../../core/dtype.ts";
import { isFloat } from "../../core/dtype.ts";
import { GradsmithError } from "../../core/errors.ts";
import { elementOf } from "../../core/number.ts";
import type { OptionChecks } from "../../core/options.ts";
import { checkOptions } from "../../core/options.ts";
import type { Shape } from "../../core/shape.ts";
import { checkedShape } from "../../core/shape.ts";
import type { Tensor } from "../tensor.ts";
import type { KeyOptions } from "./key-options.ts";
import { keyChecks, keyOf } from "./key-options.ts";
import { bits, wordAt } from "./random-bits.ts";

export interface UniformOptions extends KeyOptions {
  /** Of floats; `f32` by default. */
  readonly dtype?: DType | undefined;
  /** Included; 0 by default. */
  readonly low?: number | undefined;
  /** Not included; 1 by default. */
  readonly high?: number | undefined;
}

const checks: OptionChecks<UniformOptions> = { ...keyChecks, dtype: knownDType, low: finiteNumber, high: finiteNumber };

/**
 * Numbers uniform over [low, high), in the shape: bit for bit JAX's `random.uniform` in f32 and f64.
 *
 *     low + (high − low)·u, u a multiple of 2⁻²³ (f64: 2⁻⁵²) below 1
 *
 * Defaults: `low` 0, `high` 1, `dtype` f32, the next key, as `random` says.
 *
 * @throws GradsmithError "option" for an unknown option or low above high, "dtype" for integers, "shape" unless `shape` is one.
 * @example random.uniform([2, 3], { low: -1, high: 1, seed: 7 })
 */
export function uniform(shape: Shape, options: UniformOptions = {}): Tensor {
  checkedShape("random.uniform", shape);
  const { dtype = "f32", low = 0, high = 1, ...from } = checkOptions("random.uniform", options, checks);
  if (!isFloat(dtype))
    throw new GradsmithError(
      "dtype",
      "random.uniform",
      `uniform numbers are floats, got ${dtype}.`,
      "Use floor() and cast() for integers.",
    );
  if (!(low <= high)) throw new GradsmithError("option", "random.uniform", `low ${low} is not below high ${high}.`, "Swap them.");
  const computed = dtype === "f64" ? "f64" : "f32";
  const unit = computed === "f64" ? unitDouble(keyOf(from), shape) : unitSingle(keyOf(from), shape);
  if (low === 0 && high === 1 && dtype === computed) return unit;
  const [lowest, highest] = [elementOf("random.uniform", low, computed), elementOf("random.uniform", high, computed)];
  const numbers = between(unit, lowest, highest).cast(dtype);
  return lowest === highest ? numbers : numbers.minimum(Math.max(below(high, dtype), elementOf("random.uniform", low, dtype)));
}

/** low + (high − low)·u; where the difference overflows, low·(1 − u) + high·u. */
function between(unit: Tensor, low: number, high: number): Tensor {
  const width = elementOf("random.uniform", high - low, unit.dtype);
  if (!Number.isFinite(width)) return unit.neg().add(1).mul(low).add(unit.mul(high));
  return unit.mul(width).add(low).maximum(low);
}

/** The largest number of a dtype below another: sums round up to what they may not reach. */
function below(high: number, dtype: DType): number {
  const nearest = elementOf("random.uniform", high, dtype);
  if (nearest < high) return nearest;
  // Half a unit in the last place less rounds down, whatever the size; a subnormal's unit is that of the smallest normal number.
  const { bits, smallest } = floats[dtype as keyof typeof floats];
  const unit = 2 ** (Math.floor(Math.log2(Math.max(Math.abs(nearest), smallest))) - bits);
  const candidates = [unit / 2, unit].map((step) => elementOf("random.uniform", nearest - step, dtype));
  return candidates.find((candidate) => candidate < nearest)!;
}

/** Bits of the mantissa, and the smallest normal number. */
const floats = {
  f64: { bits: 52, smallest: 2 ** -1022 },
  f32: { bits: 23, smallest: 2 ** -126 },
  f16: { bits: 10, smallest: 2 ** -14 },
  bf16: { bits: 7, smallest: 2 ** -126 },
} as const;

/** 23 bits as the mantissa of a float in [1, 2), less 1. */
const unitSingle = (key: Tensor, shape: Shape): Tensor => bits(key, shape).shiftRight(9).bitwiseOr(0x3f800000).bitcast("f32").sub(1);

/** 52 bits of both words, as JAX's mantissa trick gives them. */
function unitDouble(key: Tensor, shape: Shape): Tensor {
  const upper = wordAt(key, shape, "first")
    .cast("f64")
    .mul(2 ** 20);
  const lower = wordAt(key, shape, "second").shiftRight(12).cast("f64");
  return upper.add(lower).mul(2 ** -52);
}

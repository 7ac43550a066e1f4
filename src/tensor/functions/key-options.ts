import { anything } from "../../core/checks.ts";
import { GradsmithError } from "../../core/errors.ts";
import type { OptionChecks } from "../../core/options.ts";
import type { Tensor } from "../tensor.ts";
import { nextKey } from "./implicit-keys.ts";
import { key } from "./random-bits.ts";

/**
 * Where random numbers come from: a `key`, or a `seed` that is made into one. With neither, each call takes the next key of what it is made in:
 * of the process, or of a model's training step.
 */
export interface KeyOptions {
  /** A whole number: the same one gives the same numbers. */
  readonly seed?: number | undefined;
  /** u32 [2], of `random.key`, `random.split` or `random.foldIn`. */
  readonly key?: Tensor | undefined;
}

/** Both are looked at when the key is made. */
export const keyChecks: OptionChecks<KeyOptions> = { seed: anything, key: anything };

/** The key that options ask for. */
export function keyOf({ seed, key: given }: KeyOptions): Tensor {
  if (seed !== undefined && given !== undefined) throw new GradsmithError("option", "random", "seed and key were both given.", "Use one.");
  return given ?? (seed === undefined ? nextKey() : key(seed));
}

import { within } from "../../core/checks.ts";
import { GradsmithError } from "../../core/errors.ts";
import type { Shape } from "../../core/shape.ts";
import type { AxisOptions } from "../axes.ts";
import { axisOf } from "../axes.ts";
import { shuffle } from "../ops/shuffle.ts";
import type { Tensor } from "../tensor.ts";
import type { KeyOptions } from "./random-bits.ts";
import { bits, keyOf } from "./random-bits.ts";
import { uniform } from "./random-uniform.ts";

export interface BernoulliOptions extends KeyOptions {
  /** How likely true is; 0.5 by default. */
  readonly probability?: number | Tensor | undefined;
}

/** Bools that are true with a probability: JAX's `random.bernoulli`. */
export function bernoulli(shape: Shape, { probability = 0.5, ...from }: BernoulliOptions = {}): Tensor {
  if (typeof probability === "number") within("random", "probability", probability, 0, 1);
  return uniform(shape, from).less(probability);
}

/** The numbers 0 .. n-1 in random order (i32), or the slices of a tensor along axis 0. */
export function permutation(x: number | Tensor, options: KeyOptions = {}): Tensor {
  const n = typeof x === "number" ? x : x.shape[0];
  if (n === undefined || !Number.isInteger(n) || n < 0) {
    throw new GradsmithError(
      "option",
      "random",
      `permutation takes a count or a tensor with an axis, got ${String(x)}.`,
      "Use a whole number.",
    );
  }
  const order = bits(keyOf(options), [n]).record(shuffle, undefined);
  return typeof x === "number" ? order : x.gather(order);
}

export interface CategoricalOptions extends KeyOptions, AxisOptions {}

/**
 * A class for each row of logits, drawn with probability softmax(logits) along an axis (the last by default), i32: the argmax of the logits
 * plus Gumbel noise, as JAX's `random.categorical`.
 */
export function categorical(logits: Tensor, { axis, axes, ...from }: CategoricalOptions = {}): Tensor {
  const along = axisOf("random", { axis, axes }, logits.rank, -1);
  const gumbel = uniform(logits.shape, { ...from, low: smallestNormal, high: 1 })
    .log()
    .neg()
    .log()
    .neg();
  return gumbel.add(logits).argmax({ axis: along });
}

/** The smallest normal f32, so that the logarithm of what is drawn is finite. */
const smallestNormal = 2 ** -126;

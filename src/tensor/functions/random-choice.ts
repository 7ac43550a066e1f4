import { within } from "../../core/checks.ts";
import { GradsmithError } from "../../core/errors.ts";
import type { OptionChecks } from "../../core/options.ts";
import { checkOptions, described } from "../../core/options.ts";
import type { Shape } from "../../core/shape.ts";
import { checkedShape } from "../../core/shape.ts";
import type { AxisOptions } from "../axes.ts";
import { axisChecks, axisOf } from "../axes.ts";
import { shuffle } from "../ops/shuffle.ts";
import { Tensor } from "../tensor.ts";
import type { KeyOptions } from "./key-options.ts";
import { keyChecks, keyOf } from "./key-options.ts";
import { bits } from "./random-bits.ts";
import { uniform } from "./random-uniform.ts";

export interface BernoulliOptions extends KeyOptions {
  /** How likely true is; 0.5 by default. */
  readonly probability?: number | Tensor | undefined;
}

const bernoulliChecks: OptionChecks<BernoulliOptions> = {
  ...keyChecks,
  probability: (where, name, value) => (value instanceof Tensor ? value : within(where, name, value, 0, 1)),
};

/**
 * Bools that are true with a probability, in the shape: JAX's `random.bernoulli`.
 *
 *     u < probability, u uniform over [0, 1)
 *
 * Defaults: `probability` 0.5, the next key, as `random` says. A tensor of probabilities must broadcast to the shape.
 *
 * @throws GradsmithError "option" for an unknown option or a probability outside 0 to 1, "shape" unless `shape` is one.
 * @example random.bernoulli([4], { probability: 0.8, seed: 7 })
 */
export function bernoulli(shape: Shape, options: BernoulliOptions = {}): Tensor {
  checkedShape("random.bernoulli", shape);
  const { probability = 0.5, ...from } = checkOptions("random.bernoulli", options, bernoulliChecks);
  return uniform(shape, from).less(probability);
}

/**
 * The numbers 0 .. n−1 in random order (i32 [n]), or the slices of a tensor along axis 0. Not the orders of JAX.
 *
 * @throws GradsmithError "option" for an unknown option, or for what is neither a count nor a tensor with an axis.
 * @example x.gather(random.permutation(x.shape[0], { seed: 7 }))
 */
export function permutation(x: number | Tensor, options: KeyOptions = {}): Tensor {
  checkOptions("random.permutation", options, keyChecks);
  const n = x instanceof Tensor ? x.shape[0] : x;
  if (n === undefined || !Number.isSafeInteger(n) || n < 0) {
    const given = x instanceof Tensor ? String(x) : described(x);
    throw new GradsmithError(
      "option",
      "random.permutation",
      `takes a count or a tensor with an axis, got ${given}.`,
      "Use a whole number.",
    );
  }
  const order = bits(keyOf(options), [n]).record(shuffle, undefined);
  return typeof x === "number" ? order : x.gather(order);
}

export interface CategoricalOptions extends KeyOptions, AxisOptions {}

const categoricalChecks: OptionChecks<CategoricalOptions> = { ...keyChecks, ...axisChecks };

/**
 * A class for each row of logits, drawn with probability softmax(logits) along an axis (the last by default), i32 in the shape of the rest:
 * JAX's `random.categorical`.
 *
 *     argmax(logits − log(−log(u))), u uniform over (0, 1)
 *
 * @throws GradsmithError "option" for an unknown option, "shape" for an axis that isn't there.
 * @example random.categorical(logits, { seed: 7 })
 */
export function categorical(logits: Tensor, options: CategoricalOptions = {}): Tensor {
  const { axis, axes, ...from } = checkOptions("random.categorical", options, categoricalChecks);
  const along = axisOf("random.categorical", { axis, axes }, logits.rank, -1);
  const gumbel = uniform(logits.shape, { ...from, low: smallestNormal, high: 1 })
    .log()
    .neg()
    .log()
    .neg();
  return gumbel.add(logits).argmax({ axis: along });
}

/** The smallest normal f32, so that the logarithm of what is drawn is finite. */
const smallestNormal = 2 ** -126;

import { finiteNumber, nonNegativeNumber, positiveInteger, wholeNumber } from "../core/checks.ts";
import type { OptionChecks } from "../core/options.ts";
import { checkOptions } from "../core/options.ts";
import { tensor } from "../tensor/create.ts";
import { random } from "../tensor/random.ts";
import type { Tensor } from "../tensor/tensor.ts";

/** Generated samples: features x [n, features] and labels y. */
export interface Samples {
  /** What the model takes, the samples along the first axis. */
  readonly x: Tensor;
  /** What it should give, in the same order. */
  readonly y: Tensor;
}
/** The options of `sineOfSquares` and `signOfSine`. */
export interface SineOptions {
  /** The same seed gives the same samples. Default 0. */
  readonly seed?: number;
  /** How many features a sample has. Default 10. */
  readonly features?: number;
}
/** The options of functions that make samples. */
export interface GenerateOptions {
  /** The same seed gives the same samples. Default 0. */
  readonly seed?: number;
  /** The standard deviation of what is added to each coordinate. Default 0. */
  readonly noise?: number;
}
/** The options of `spirals`. */
export interface SpiralOptions extends GenerateOptions {
  /** How often an arm goes around. Default 1.5. */
  readonly turns?: number;
}

const sineChecks: OptionChecks<SineOptions> = { seed: wholeNumber, features: positiveInteger };
const checks: OptionChecks<GenerateOptions> = { seed: wholeNumber, noise: nonNegativeNumber };
const spiralChecks: OptionChecks<SpiralOptions> = { ...checks, turns: finiteNumber };

/**
 * The four samples of exclusive or: x [4, 2], y [4, 1].
 *
 * @example const { x, y } = xorSamples();
 */
export function xorSamples(): Samples {
  return {
    x: tensor([
      [0, 0],
      [0, 1],
      [1, 0],
      [1, 1],
    ]),
    y: tensor([[0], [1], [1], [0]]),
  };
}

/**
 * The lectures' regression: x uniform in [0, 1), [count, features]; y = sin(Σ x²), [count]. Defaults: `seed` 0, `features` 10.
 *
 * @throws GradsmithError "option" for an unknown option or numbers that make no sense.
 * @example const { x, y } = sineOfSquares(10_000, { seed: 1 });
 */
export function sineOfSquares(count: number, options: SineOptions = {}): Samples {
  return sines("sineOfSquares", count, options);
}

/**
 * The lectures' classification: as `sineOfSquares`, with y = 1 where sin(Σ x²) ≥ 0 and else 0, f32 [count].
 *
 * @throws GradsmithError "option" for an unknown option or numbers that make no sense.
 * @example const { x, y } = signOfSine(10_000, { seed: 1 });
 */
export function signOfSine(count: number, options: SineOptions = {}): Samples {
  const { x, y } = sines("signOfSine", count, options);
  return { x, y: y.greaterEqual(0).cast("f32") };
}

function sines(where: string, count: number, options: SineOptions): Samples {
  positiveInteger(where, "count", count);
  const { seed = 0, features = 10 } = checkOptions(where, options, sineChecks);
  const x = random.uniform([count, features], { seed });
  return { x, y: x.square().sum({ axis: 1 }).sin() };
}

/**
 * Two half circles that reach into each other: x [count, 2], y 0 or 1, f32 [count], in turn. Defaults: `seed` 0, `noise` 0.
 *
 * @throws GradsmithError "option" for an unknown option or numbers that make no sense.
 * @example const { x, y } = moons(1000, { noise: 0.1 });
 */
export function moons(count: number, options: GenerateOptions = {}): Samples {
  const { y, along } = twoClasses("moons", count, checkOptions("moons", options, checks));
  const angle = along.mul(Math.PI);
  const side = y.mul(-2).add(1);
  const x = angle.cos().mul(side).add(y);
  return { x: noisy(pairs(x, angle.sin().mul(side).add(y.mul(0.5))), options), y };
}

/**
 * A circle of radius 0.5 (y = 1) inside one of radius 1 (y = 0): x [count, 2], y f32 [count], in turn. Defaults: `seed` 0, `noise` 0.
 *
 * @throws GradsmithError "option" for an unknown option or numbers that make no sense.
 * @example const { x, y } = circles(1000, { noise: 0.05 });
 */
export function circles(count: number, options: GenerateOptions = {}): Samples {
  const { y, along } = twoClasses("circles", count, checkOptions("circles", options, checks));
  const angle = along.mul(2 * Math.PI);
  const radius = y.mul(-0.5).add(1);
  return { x: noisy(pairs(angle.cos().mul(radius), angle.sin().mul(radius)), options), y };
}

/**
 * Two arms of a spiral around the origin, radius up to 1: x [count, 2], y 0 or 1, f32 [count], in turn. Defaults: `seed` 0, `noise` 0,
 * `turns` 1.5.
 *
 * @throws GradsmithError "option" for an unknown option or numbers that make no sense.
 * @example const { x, y } = spirals(1000, { turns: 2 });
 */
export function spirals(count: number, options: SpiralOptions = {}): Samples {
  const { turns = 1.5 } = checkOptions("spirals", options, spiralChecks);
  const { y, along } = twoClasses("spirals", count, options);
  const radius = along.sqrt();
  const angle = radius.mul(2 * Math.PI * turns).add(y.mul(Math.PI));
  return { x: noisy(pairs(angle.cos().mul(radius), angle.sin().mul(radius)), options), y };
}

/** Classes 0, 1, 0, 1, ..., and a uniform place in [0, 1) along each one's curve. */
function twoClasses(where: string, count: number, options: GenerateOptions): { y: Tensor; along: Tensor } {
  positiveInteger(where, "count", count);
  const along = random.uniform([count], { seed: options.seed ?? 0 });
  return { y: along.positions({ axis: 0 }).mod(2).cast("f32"), along };
}

const pairs = (x: Tensor, y: Tensor): Tensor => x.stack([y], { axis: 1 });

function noisy(points: Tensor, { noise = 0, seed = 0 }: GenerateOptions): Tensor {
  return noise === 0 ? points : points.add(random.normal(points.shape, { seed: seed + 0x5eed }).mul(noise));
}

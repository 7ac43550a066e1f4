import { positiveInteger } from "../core/checks.ts";
import { tensor } from "../tensor/create.ts";
import { random } from "../tensor/random.ts";
import type { Tensor } from "../tensor/tensor.ts";

/** Generated samples: features x [n, features] and labels y. */
export interface Samples {
  readonly x: Tensor;
  readonly y: Tensor;
}
export interface GenerateOptions {
  /** The same seed gives the same samples. Default 0. */
  readonly seed?: number;
  /** The standard deviation of what is added to each coordinate. Default 0. */
  readonly noise?: number;
}

/** The four samples of exclusive or: x [4, 2], y [4, 1]. */
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

/** The lectures' regression: x uniform in [0, 1), [count, features]; y = sin(sum x^2), [count]. */
export function sineOfSquares(count: number, options: { readonly seed?: number; readonly features?: number } = {}): Samples {
  positiveInteger("sineOfSquares", "count", count);
  const features = positiveInteger("sineOfSquares", "features", options.features ?? 10);
  const x = random.uniform([count, features], { seed: options.seed ?? 0 });
  return { x, y: x.square().sum({ axis: 1 }).sin() };
}

/** The lectures' classification: as `sineOfSquares`, with y = 1 where sin(sum x^2) >= 0 and else 0, f32 [count]. */
export function signOfSine(count: number, options: { readonly seed?: number; readonly features?: number } = {}): Samples {
  const { x, y } = sineOfSquares(count, options);
  return { x, y: y.greaterEqual(0).cast("f32") };
}

/** Two half circles that reach into each other: x [count, 2], y 0 or 1, f32 [count], in turn. */
export function moons(count: number, options: GenerateOptions = {}): Samples {
  const { y, along } = twoClasses("moons", count, options);
  const angle = along.mul(Math.PI);
  const side = y.mul(-2).add(1);
  const x = angle.cos().mul(side).add(y);
  return { x: noisy(pairs(x, angle.sin().mul(side).add(y.mul(0.5))), options), y };
}

/** A circle of radius 0.5 (y = 1) inside one of radius 1 (y = 0): x [count, 2], y f32 [count], in turn. */
export function circles(count: number, options: GenerateOptions = {}): Samples {
  const { y, along } = twoClasses("circles", count, options);
  const angle = along.mul(2 * Math.PI);
  const radius = y.mul(-0.5).add(1);
  return { x: noisy(pairs(angle.cos().mul(radius), angle.sin().mul(radius)), options), y };
}

/** Two arms of a spiral with `turns` (default 1.5) around the origin, radius up to 1: x [count, 2], y 0 or 1, f32 [count], in turn. */
export function spirals(count: number, options: GenerateOptions & { readonly turns?: number } = {}): Samples {
  const { y, along } = twoClasses("spirals", count, options);
  const radius = along.sqrt();
  const angle = radius.mul(2 * Math.PI * (options.turns ?? 1.5)).add(y.mul(Math.PI));
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

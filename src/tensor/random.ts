import { bits, foldIn, key, split } from "./functions/random-bits.ts";
import { bernoulli, categorical, permutation } from "./functions/random-choice.ts";
import { normal, truncatedNormal } from "./functions/random-normal.ts";
import { uniform } from "./functions/random-uniform.ts";

/**
 * Random numbers from a counter and a key: the same on every backend, whatever the order they are computed in, and those of `jax.random`
 * (except `permutation`). Give a `seed` or a `key`; without either, each call takes the next key of the process.
 *
 * @example random.normal([2, 3], { seed: 7 })
 */
export const random = { key, split, foldIn, bits, uniform, normal, truncatedNormal, bernoulli, permutation, categorical } as const;

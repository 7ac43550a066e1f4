import { bits, foldIn, key, split } from "./functions/random-bits.ts";
import { bernoulli, categorical, permutation } from "./functions/random-choice.ts";
import { normal, truncatedNormal } from "./functions/random-normal.ts";
import { uniform } from "./functions/random-uniform.ts";

/**
 * Random numbers from a counter and a key: the same on every backend, whatever the order they are computed in, and those of `jax.random`
 * (except `permutation`). Give a `seed` or a `key`; without either, each call takes the next key:
 *
 * - outside of traced functions, of the process, counted from its start;
 * - inside a function given to `compile`, of a key that is new in each call;
 * - in modules, of the step's key in training, or of the one given to `applyWith`;
 * - elsewhere it is an error: in steps of `loop`, bodies of `scan`, and modules that predict or are evaluated.
 *
 * @example random.normal([2, 3], { seed: 7 })
 */
export const random = { key, split, foldIn, bits, uniform, normal, truncatedNormal, bernoulli, permutation, categorical } as const;

import { nonNegativeNumber } from "../core/checks.ts";
import type { Choice, Described } from "../core/described.ts";
import { chosen, registryOf } from "../core/described.ts";
import type { Check } from "../core/options.ts";
import { checkOptions } from "../core/options.ts";
import type { Tensor } from "../tensor/tensor.ts";

/** What is added to the loss for the size of weights or activations. */
export interface Regularizer extends Described {
  /** A scalar. */
  penalty(x: Tensor): Tensor;
}

export interface L1L2Options {
  /** How much each |x| counts; 0.01 by default. */
  readonly l1?: number | undefined;
  /** How much each x² counts; 0.01 by default. */
  readonly l2?: number | undefined;
}

const checks = { l1: nonNegativeNumber, l2: nonNegativeNumber };

/**
 * l1·Σ|x| + l2·Σx², both 0.01 by default as in Keras.
 *
 * @example dense(64, { kernelRegularizer: l1l2({ l1: 1e-5, l2: 1e-4 }) })
 * @throws GradsmithError "option" for a factor below 0.
 */
export function l1l2(options: L1L2Options = {}): Regularizer {
  const { l1: first = 0.01, l2: second = 0.01 } = checkOptions("l1l2", options, checks);
  return {
    kind: "l1l2",
    options: { l1: first, l2: second },
    penalty(x) {
      if (second === 0) return x.abs().sum().mul(first);
      const squares = x.square().sum().mul(second);
      return first === 0 ? squares : x.abs().sum().mul(first).add(squares);
    },
  };
}

/**
 * factor·Σ|x|, 0.01 by default: makes weights that matter little 0.
 *
 * @example dense(64, { kernelRegularizer: l1(1e-5) })
 * @throws GradsmithError "option" for a factor below 0.
 */
export const l1 = (factor = 0.01): Regularizer => l1l2({ l1: nonNegativeNumber("l1", "the factor", factor), l2: 0 });

/**
 * factor·Σx², 0.01 by default: keeps all weights small.
 *
 * @example dense(64, { kernelRegularizer: l2(1e-4) })
 * @throws GradsmithError "option" for a factor below 0.
 */
export const l2 = (factor = 0.01): Regularizer => l1l2({ l1: 0, l2: nonNegativeNumber("l2", "the factor", factor) });

/**
 * All regularizers by name: for `kernelRegularizer` of a layer and its like.
 *
 * @example conv2d(32, 3, { kernelRegularizer: regularizers.l2(1e-4) })
 */
export const regularizers = { l1, l2, l1l2 } as const;

/** The names that stand for a regularizer with its defaults. */
export type RegularizerName = keyof typeof regularizers;
/** What users may give for a regularizer: its name, its name with options, or one of `regularizers`. */
export type RegularizerChoice = Choice<Regularizer, RegularizerName>;

export const regularizerRegistry = registryOf<Regularizer>("regularizer", {
  l1: (options: Pick<L1L2Options, "l1"> = {}) => l1(checkOptions("l1", options, { l1: checks.l1 }).l1),
  l2: (options: Pick<L1L2Options, "l2"> = {}) => l2(checkOptions("l2", options, { l2: checks.l2 }).l2),
  l1l2,
} satisfies Record<RegularizerName, (options?: never) => Regularizer>);

export const regularizerOf = (where: string, choice: Choice<Regularizer> | undefined): Regularizer | undefined =>
  choice === undefined ? undefined : chosen<Regularizer>(where, choice, regularizerRegistry);

/** For an option that chooses a regularizer. */
export const aRegularizer: Check = (where, _name, value) => regularizerOf(where, value as RegularizerChoice);

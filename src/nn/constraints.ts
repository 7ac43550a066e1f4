import { nonNegativeNumber, positiveNumber, within } from "../core/checks.ts";
import type { Choice, Described } from "../core/described.ts";
import { chosen, registryOf } from "../core/described.ts";
import { GradsmithError } from "../core/errors.ts";
import type { Check } from "../core/options.ts";
import { checkOptions } from "../core/options.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { axisOrAxes } from "./axes.ts";
import type { NoOptions } from "./no-options.ts";

/** What the values of a variable are brought to after each update. */
export interface Constraint extends Described {
  /** The nearest allowed values, in the same shape. */
  apply(x: Tensor): Tensor;
}

/** The options of `maxNorm` and `unitNorm`. */
export interface NormOptions {
  /**
   * The axis, or axes, along which norms are taken; 0 by default: of the kernel of `dense`, the weights into each unit. Of `conv2d` these are
   * the axes [0, 1, 2].
   */
  readonly axis?: number | readonly number[] | undefined;
}
/** The options of `minMaxNorm`. */
export interface MinMaxNormOptions extends NormOptions {
  /** The smallest norm; 0 by default. */
  readonly minValue?: number | undefined;
  /** The largest norm; 1 by default. */
  readonly maxValue?: number | undefined;
  /** How much of the way to the allowed norm is gone in each step; 1, all of it, by default. */
  readonly rate?: number | undefined;
}

/** What norms are kept away from 0 by where something is divided by them, as in Keras. */
const epsilon = 1e-7;

/** √Σx² along some axes, which stay with size 1. */
const normOf = (x: Tensor, axis: number | readonly number[]): Tensor =>
  x
    .square()
    .sum({ axes: typeof axis === "number" ? [axis] : axis, keepDims: true })
    .sqrt();

type SavedMaxNorm = NormOptions & { readonly maxValue?: number | undefined };

function maxNormFrom(options: SavedMaxNorm = {}): Constraint {
  const { maxValue = 2, axis = 0 } = checkOptions("maxNorm", options, { maxValue: positiveNumber, axis: axisOrAxes });
  return {
    kind: "maxNorm",
    options,
    apply(x) {
      const norm = normOf(x, axis);
      return x.mul(norm.minimum(maxValue).div(norm.add(epsilon)));
    },
  };
}

/**
 * All constraints by name: for `kernelConstraint` of a layer and its like. Formulas and defaults are Keras's, with ‖w‖ = √Σw² along an axis and
 * ε = 1e-7.
 *
 * @example dense(64, { kernelConstraint: constraints.maxNorm(2) })
 * @throws GradsmithError "option" for an unknown option, or a value that can't be.
 */
export const constraints = {
  /** w·min(‖w‖, maxValue) / (ε + ‖w‖): norms up to `maxValue`, 2 by default (Srivastava et al., 2014). */
  maxNorm: (maxValue = 2, options: NormOptions = {}): Constraint => maxNormFrom({ maxValue, ...options }),
  /** w·(rate·clip(‖w‖, minValue, maxValue) + (1 − rate)·‖w‖) / (ε + ‖w‖): norms between two bounds, 0 and 1 by default. */
  minMaxNorm(options: MinMaxNormOptions = {}): Constraint {
    const {
      minValue = 0,
      maxValue = 1,
      rate = 1,
      axis = 0,
    } = checkOptions("minMaxNorm", options, {
      minValue: nonNegativeNumber,
      maxValue: nonNegativeNumber,
      rate: (where, name, value) => within(where, name, value, 0, 1),
      axis: axisOrAxes,
    });
    if (minValue > maxValue)
      throw new GradsmithError(
        "option",
        "minMaxNorm",
        `minValue is ${minValue} and maxValue only ${maxValue}.`,
        "Swap them, or give both.",
      );
    return {
      kind: "minMaxNorm",
      options,
      apply(x) {
        const norm = normOf(x, axis);
        const wanted = norm.clip(minValue, maxValue);
        const next = rate === 1 ? wanted : wanted.mul(rate).add(norm.mul(1 - rate));
        return x.mul(next.div(norm.add(epsilon)));
      },
    };
  },
  /** max(w, 0) */
  nonNegative: (options: NoOptions = {}): Constraint => ({
    kind: "nonNegative",
    options: checkOptions("nonNegative", options, {}),
    apply: (x) => x.maximum(0),
  }),
  /** w / (ε + ‖w‖): norms of 1. */
  unitNorm(options: NormOptions = {}): Constraint {
    const { axis = 0 } = checkOptions("unitNorm", options, { axis: axisOrAxes });
    return { kind: "unitNorm", options, apply: (x) => x.div(normOf(x, axis).add(epsilon)) };
  },
} as const;

/** The names that stand for a constraint with its defaults. */
export type ConstraintName = keyof typeof constraints;
/** What users may give for a constraint: its name, its name with options, or one of `constraints`. */
export type ConstraintChoice = Choice<Constraint, ConstraintName>;

export const constraintRegistry = registryOf<Constraint>("constraint", { ...constraints, maxNorm: maxNormFrom });

export const constraintOf = (where: string, choice: Choice<Constraint> | undefined): Constraint | undefined =>
  choice === undefined ? undefined : chosen<Constraint>(where, choice, constraintRegistry);

/** For an option that chooses a constraint. */
export const aConstraint: Check = (where, _name, value) => constraintOf(where, value as ConstraintChoice);

import { between, flag, listOf, nonNegativeNumber, positiveNumber } from "../core/checks.ts";
import { GradsmithError } from "../core/errors.ts";
import type { OptionChecks } from "../core/options.ts";
import { checkOptions, described } from "../core/options.ts";
import type { Tensor } from "../tensor/tensor.ts";
import type { Schedule } from "./optimizer.ts";

/** The options of `exponentialDecay` and `inverseTimeDecay`. */
export interface DecayOptions {
  /** Updates after which one decay is complete. */
  readonly decaySteps: number;
  /** The factor of one decay. */
  readonly decayRate: number;
  /** Decay in steps, at whole multiples of `decaySteps`. Default false. */
  readonly staircase?: boolean;
}

const stepChecks: OptionChecks<StepDecayOptions> = { decaySteps: positiveNumber, decayRate: positiveNumber };
const decayChecks: OptionChecks<DecayOptions> = { ...stepChecks, staircase: flag };

/**
 * A rate that falls by a factor in each `decaySteps` updates, as Keras's `ExponentialDecay`; t counts updates from 0.
 *
 *     lr(t) = initial · decayRate^(t / decaySteps)         the exponent rounded down with `staircase`
 *
 * @throws GradsmithError "option" for an unknown option, `decaySteps` or `decayRate` that is missing or not positive, a negative rate.
 * @example adam({ learningRate: schedules.exponentialDecay(0.1, { decaySteps: 1000, decayRate: 0.96 }) })
 */
export function exponentialDecay(initial: number, options: DecayOptions): Schedule {
  const {
    decaySteps,
    decayRate,
    staircase = false,
  } = checked("exponentialDecay", initial, options, decayChecks, ["decaySteps", "decayRate"]);
  return (step) => progress(step, decaySteps, staircase).mul(Math.log(decayRate)).exp().mul(initial);
}

/** The options of `stepDecay`. */
export type StepDecayOptions = Omit<DecayOptions, "staircase">;

/**
 * A rate that falls by a factor at once, every `decaySteps` updates: PyTorch's `StepLR`; t counts updates from 0.
 *
 *     lr(t) = initial · decayRate^⌊t / decaySteps⌋
 *
 * @throws GradsmithError "option" for an unknown option, `decaySteps` or `decayRate` that is missing or not positive, a negative rate.
 * @example sgd({ learningRate: schedules.stepDecay(0.1, { decaySteps: 30 * stepsPerEpoch, decayRate: 0.1 }) })
 */
export function stepDecay(initial: number, options: StepDecayOptions): Schedule {
  return exponentialDecay(initial, { ...checked("stepDecay", initial, options, stepChecks, ["decaySteps", "decayRate"]), staircase: true });
}

/**
 * A rate that falls as 1 / t, as Keras's `InverseTimeDecay`; t counts updates from 0.
 *
 *     lr(t) = initial / (1 + decayRate · t / decaySteps)   the quotient rounded down with `staircase`
 *
 * @throws GradsmithError "option" for an unknown option, `decaySteps` or `decayRate` that is missing or not positive, a negative rate.
 * @example sgd({ learningRate: schedules.inverseTimeDecay(0.1, { decaySteps: 1000, decayRate: 0.5 }) })
 */
export function inverseTimeDecay(initial: number, options: DecayOptions): Schedule {
  const {
    decaySteps,
    decayRate,
    staircase = false,
  } = checked("inverseTimeDecay", initial, options, decayChecks, ["decaySteps", "decayRate"]);
  return (step) => progress(step, decaySteps, staircase).mul(decayRate).add(1).reciprocal().mul(initial);
}

/** The options of `polynomialDecay`. */
export interface PolynomialDecayOptions {
  /** Updates until the rate is `end`. */
  readonly decaySteps: number;
  /** The rate after `decaySteps`. Default 0.0001. */
  readonly end?: number;
  /** 1, the default, is a straight line. */
  readonly power?: number;
}

const polynomialChecks: OptionChecks<PolynomialDecayOptions> = {
  decaySteps: positiveNumber,
  end: nonNegativeNumber,
  power: nonNegativeNumber,
};

/**
 * A rate that falls along a power from `initial` to `end` and stays there, as Keras's `PolynomialDecay`; t counts updates from 0.
 *
 *     lr(t) = (initial − end) · (1 − min(t, decaySteps) / decaySteps)^power + end
 *
 * @throws GradsmithError "option" for an unknown option, `decaySteps` that is missing or not positive, a negative rate or power.
 * @example sgd({ learningRate: schedules.polynomialDecay(0.1, { decaySteps: 1000, end: 0.001 }) })
 */
export function polynomialDecay(initial: number, options: PolynomialDecayOptions): Schedule {
  const { decaySteps, end = 0.0001, power = 1 } = checked("polynomialDecay", initial, options, polynomialChecks, ["decaySteps"]);
  return (step) =>
    step
      .div(decaySteps)
      .minimum(1)
      .neg()
      .add(1)
      .pow(power)
      .mul(initial - end)
      .add(end);
}

/** The options of `cosineDecay`. */
export interface CosineDecayOptions {
  /** Updates until the rate is lowest, after those of the warm-up. */
  readonly decaySteps: number;
  /** The last rate, as a fraction of the highest. Default 0. */
  readonly alpha?: number;
  /** The rate that a linear warm-up from `initial` reaches, if there is one. */
  readonly warmupTarget?: number;
  /** Updates of the warm-up. Default 0. */
  readonly warmupSteps?: number;
}

const cosineChecks: OptionChecks<CosineDecayOptions> = {
  decaySteps: positiveNumber,
  alpha: between(0, 1),
  warmupTarget: nonNegativeNumber,
  warmupSteps: nonNegativeNumber,
};

/**
 * Half a cosine from the highest rate down to `alpha` times it (Loshchilov & Hutter, 2017), after an optional linear warm-up, as Keras's
 * `CosineDecay`; t counts updates from 0.
 *
 *     lr(t) = initial + (warmupTarget − initial) · t / warmupSteps                                           for t < warmupSteps
 *     lr(t) = highest · ((1 − alpha) · (1 + cos(π · min(t − warmupSteps, decaySteps) / decaySteps)) / 2 + alpha)          else
 *
 * with `warmupTarget`, or `initial` without a warm-up, as the highest.
 *
 * @throws GradsmithError "option" for an unknown option, `decaySteps` that is missing or not positive, a negative rate, an `alpha` outside
 * 0 to 1, `warmupSteps` without a `warmupTarget`.
 * @example adamW({ learningRate: schedules.cosineDecay(0, { decaySteps: 9000, warmupTarget: 1e-3, warmupSteps: 1000 }) })
 */
export function cosineDecay(initial: number, options: CosineDecayOptions): Schedule {
  const { decaySteps, alpha = 0, warmupTarget, warmupSteps = 0 } = checked("cosineDecay", initial, options, cosineChecks, ["decaySteps"]);
  if (warmupSteps > 0 && warmupTarget === undefined)
    throw new GradsmithError("option", "cosineDecay", "warmupSteps was given without warmupTarget.", "Say which rate the warm-up reaches.");
  const highest = warmupTarget ?? initial;
  const cosine = (step: Tensor): Tensor => {
    const done = step.maximum(0).div(decaySteps).minimum(1);
    return done
      .mul(Math.PI)
      .cos()
      .add(1)
      .mul(0.5 * (1 - alpha))
      .add(alpha)
      .mul(highest);
  };
  if (warmupTarget === undefined || warmupSteps === 0) return cosine;
  return (step) =>
    step.less(warmupSteps).where(step.mul((warmupTarget - initial) / warmupSteps).add(initial), cosine(step.sub(warmupSteps)));
}

/**
 * A rate that changes at given updates, as Keras's `PiecewiseConstantDecay`; t counts updates from 0.
 *
 *     lr(t) = values[i] for the first i with t ≤ boundaries[i], else the last of the values
 *
 * @throws GradsmithError "option" unless boundaries ascend and there is one value more than boundaries, none of them negative.
 * @example sgd({ learningRate: schedules.piecewiseConstantDecay([1000, 5000], [0.1, 0.01, 0.001]) })
 */
export function piecewiseConstantDecay(boundaries: readonly number[], values: readonly number[]): Schedule {
  const where = "piecewiseConstantDecay";
  listOf(nonNegativeNumber)(where, "boundaries", boundaries);
  listOf(nonNegativeNumber)(where, "values", values);
  if (values.length !== boundaries.length + 1) {
    throw new GradsmithError(
      "option",
      where,
      `${boundaries.length} boundaries need ${boundaries.length + 1} values, got ${values.length}.`,
      "Give one value for before the first boundary and one for after each.",
    );
  }
  if (boundaries.some((boundary, i) => boundary >= boundaries[i + 1]!))
    throw new GradsmithError("option", where, `boundaries must ascend, got ${described(boundaries)}.`);
  return (step) => {
    const last = step.mul(0).add(values[values.length - 1]!);
    return boundaries.reduceRight((rate, boundary, i) => step.lessEqual(boundary).where(values[i]!, rate), last);
  };
}

/**
 * The old name of `piecewiseConstantDecay`.
 *
 * @throws GradsmithError "usage", always.
 */
export function piecewiseConstant(..._: readonly unknown[]): never {
  throw new GradsmithError(
    "usage",
    "piecewiseConstant",
    "is called piecewiseConstantDecay here.",
    "Write schedules.piecewiseConstantDecay(boundaries, values).",
  );
}

/**
 * All learning-rate schedules by name: functions from their options to a rate for each update, to be given to an optimizer.
 *
 * @example adam({ learningRate: schedules.cosineDecay(1e-3, { decaySteps: 1000 }) })
 */
export const schedules = {
  stepDecay,
  exponentialDecay,
  inverseTimeDecay,
  polynomialDecay,
  cosineDecay,
  piecewiseConstantDecay,
} as const;

const progress = (step: Tensor, decaySteps: number, staircase: boolean): Tensor =>
  staircase ? step.div(decaySteps).floor() : step.div(decaySteps);

function checked<Options extends object>(
  where: string,
  initial: number,
  options: Options,
  checks: OptionChecks<Options>,
  required: readonly (keyof Options)[],
): Options {
  nonNegativeNumber(where, "the initial rate", initial);
  return checkOptions(where, options, checks, required);
}

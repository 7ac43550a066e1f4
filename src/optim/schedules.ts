import { finiteNumber } from "../core/checks.ts";
import { GradsmithError } from "../core/errors.ts";
import type { Tensor } from "../tensor/tensor.ts";
import type { Schedule } from "./optimizer.ts";

export interface DecayOptions {
  /** Updates after which one decay is complete. */
  readonly decaySteps: number;
  readonly decayRate: number;
  /** Decay in steps, at whole multiples of `decaySteps`. */
  readonly staircase?: boolean;
}

/** lr · rate^(step / decaySteps). */
export function exponentialDecay(initial: number, { decaySteps, decayRate, staircase = false }: DecayOptions): Schedule {
  checked("exponentialDecay", initial, decaySteps);
  return (step) => progress(step, decaySteps, staircase).mul(Math.log(decayRate)).exp().mul(initial);
}

/** lr / (1 + rate · step / decaySteps). */
export function inverseTimeDecay(initial: number, { decaySteps, decayRate, staircase = false }: DecayOptions): Schedule {
  checked("inverseTimeDecay", initial, decaySteps);
  return (step) => progress(step, decaySteps, staircase).mul(decayRate).add(1).reciprocal().mul(initial);
}

export interface PolynomialDecayOptions {
  readonly decaySteps: number;
  /** The rate after `decaySteps`. */
  readonly end?: number;
  readonly power?: number;
}

/** (lr − end) · (1 − step / decaySteps)^power + end, and `end` from then on. */
export function polynomialDecay(initial: number, { decaySteps, end = 0.0001, power = 1 }: PolynomialDecayOptions): Schedule {
  checked("polynomialDecay", initial, decaySteps);
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

export interface CosineDecayOptions {
  readonly decaySteps: number;
  /** The last rate, as a fraction of the highest. */
  readonly alpha?: number;
  /** The rate that a linear warm-up reaches, if there is one. */
  readonly warmupTarget?: number;
  readonly warmupSteps?: number;
}

/** Half a cosine from `lr` down to `alpha · lr` (Loshchilov & Hutter, 2017), after an optional linear warm-up from `lr` to `warmupTarget`. */
export function cosineDecay(initial: number, { decaySteps, alpha = 0, warmupTarget, warmupSteps = 0 }: CosineDecayOptions): Schedule {
  checked("cosineDecay", initial, decaySteps);
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

/** values[i] up to and including step boundaries[i], and the last value after the last boundary. */
export function piecewiseConstant(boundaries: readonly number[], values: readonly number[]): Schedule {
  if (values.length !== boundaries.length + 1) {
    throw new GradsmithError(
      "option",
      "piecewiseConstant",
      `${boundaries.length} boundaries need ${boundaries.length + 1} values, got ${values.length}.`,
      "Give one value for before the first boundary and one for after each.",
    );
  }
  return (step) => {
    const last = step.mul(0).add(values[values.length - 1]!);
    return boundaries.reduceRight((rate, boundary, i) => step.lessEqual(boundary).where(values[i]!, rate), last);
  };
}

const progress = (step: Tensor, decaySteps: number, staircase: boolean): Tensor =>
  staircase ? step.div(decaySteps).floor() : step.div(decaySteps);

function checked(where: string, initial: number, decaySteps: number): void {
  finiteNumber(where, "the initial rate", initial);
  if (!(decaySteps > 0)) throw new GradsmithError("option", where, `decaySteps must be positive, got ${String(decaySteps)}.`);
}

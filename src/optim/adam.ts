import { flag, nonNegativeNumber, properFraction } from "../core/checks.ts";
import type { OptionChecks } from "../core/options.ts";
import { checkOptions } from "../core/options.ts";
import { flush } from "./flush.ts";
import { rateOrSchedule } from "./learning-rate.ts";
import { oneMinusPower } from "./one-minus-power.ts";
import type { LearningRateOption, Optimizer } from "./optimizer.ts";

/** The options of `adam`. */
export interface AdamOptions extends LearningRateOption {
  /** Decay of the first moment, the mean of gradients; less than 1. Default 0.9. */
  readonly beta1?: number;
  /** Decay of the second moment, the mean of their squares; less than 1. Default 0.999. */
  readonly beta2?: number;
  /** Keeps the divisor from 0. Default 1e-7. */
  readonly epsilon?: number;
  /** Divide by the largest second moment so far (Reddi et al., 2018). Default false. */
  readonly amsgrad?: boolean;
}

export const adamChecks: OptionChecks<AdamOptions> = {
  learningRate: rateOrSchedule,
  beta1: properFraction,
  beta2: properFraction,
  epsilon: nonNegativeNumber,
  amsgrad: flag,
};

/**
 * Adam (Kingma & Ba, 2015), in Keras's form: the bias corrections are in the step size, and ε is beside the uncorrected root.
 *
 *     m ← β₁·m + (1 − β₁)·g        v ← β₂·v + (1 − β₂)·g²
 *     p ← p − α·m / (√v + ε)       with α = lr·√(1 − β₂ᵗ) / (1 − β₁ᵗ)
 *
 * Defaults: `learningRate` 0.001, `beta1` 0.9, `beta2` 0.999, `epsilon` 1e-7, `amsgrad` false.
 *
 * @throws GradsmithError "option" for an unknown option or a value out of its range.
 * @example model.compile({ optimizer: adam({ learningRate: 1e-4 }), loss: "mse" });
 */
export function adam(options: AdamOptions = {}): Optimizer {
  const { learningRate = 0.001, beta1 = 0.9, beta2 = 0.999, epsilon = 1e-7, amsgrad = false } = checkOptions("adam", options, adamChecks);
  return {
    kind: "adam",
    options: { learningRate, beta1, beta2, epsilon, amsgrad },
    learningRate,
    slots: amsgrad ? { m: 0, v: 0, vMax: 0 } : { m: 0, v: 0 },
    step(p, g, slots, t, lr) {
      const m = flush(slots.m!.add(g.sub(slots.m!).mul(1 - beta1)));
      const v = flush(
        slots.v!.add(
          g
            .square()
            .sub(slots.v!)
            .mul(1 - beta2),
        ),
      );
      const vMax = amsgrad ? slots.vMax!.maximum(v) : v;
      const alpha = lr.mul(oneMinusPower(beta2, t).sqrt()).div(oneMinusPower(beta1, t));
      const param = p.sub(m.mul(alpha).div(vMax.sqrt().add(epsilon)));
      return { param, slots: amsgrad ? { m, v, vMax } : { m, v } };
    },
  };
}

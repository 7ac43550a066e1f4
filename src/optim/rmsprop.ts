import { between, flag, nonNegativeNumber } from "../core/checks.ts";
import type { OptionChecks } from "../core/options.ts";
import { checkOptions } from "../core/options.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { flush } from "./flush.ts";
import { rateOrSchedule } from "./learning-rate.ts";
import type { LearningRateOption, Optimizer } from "./optimizer.ts";

/** The options of `rmsprop`. */
export interface RmspropOptions extends LearningRateOption {
  /** Decay of the running averages, 0 to 1. Default 0.9. */
  readonly rho?: number;
  /** How much of the last step is repeated, 0 to 1. Default 0. */
  readonly momentum?: number;
  /** Keeps the divisor from 0. Default 1e-7. */
  readonly epsilon?: number;
  /** Subtract the squared mean gradient, so that the divisor is a standard deviation. Default false. */
  readonly centered?: boolean;
}

const checks: OptionChecks<RmspropOptions> = {
  learningRate: rateOrSchedule,
  rho: between(0, 1),
  momentum: between(0, 1),
  epsilon: nonNegativeNumber,
  centered: flag,
};

/**
 * RMSprop (Hinton, 2012), in Keras's form with ε under the root.
 *
 *     s ← ρ·s + (1 − ρ)·g²         a ← ρ·a + (1 − ρ)·g if centered, else 0
 *     d = lr·g / √(s − a² + ε)     v ← μ·v + d with momentum μ, else v = d
 *     p ← p − v
 *
 * Defaults: `learningRate` 0.001, `rho` 0.9, `momentum` 0, `epsilon` 1e-7, `centered` false.
 *
 * @throws GradsmithError "option" for an unknown option or a value out of its range.
 * @example model.compile({ optimizer: rmsprop({ momentum: 0.9 }), loss: "mse" });
 */
export function rmsprop(options: RmspropOptions = {}): Optimizer {
  const { learningRate = 0.001, rho = 0.9, momentum = 0, epsilon = 1e-7, centered = false } = checkOptions("rmsprop", options, checks);
  return {
    kind: "rmsprop",
    options: { learningRate, rho, momentum, epsilon, centered },
    learningRate,
    slots: { square: 0, ...(centered ? { average: 0 } : {}), ...(momentum > 0 ? { velocity: 0 } : {}) },
    step(p, g, slots, _t, lr) {
      const updated: Record<string, Tensor> = {};
      const square = flush(slots.square!.mul(rho).add(g.square().mul(1 - rho)));
      updated.square = square;
      let variance = square;
      if (centered) {
        const average = flush(slots.average!.mul(rho).add(g.mul(1 - rho)));
        updated.average = average;
        variance = square.sub(average.square());
      }
      let change = g.mul(lr).div(variance.add(epsilon).sqrt());
      if (momentum > 0) {
        change = flush(slots.velocity!.mul(momentum).add(change));
        updated.velocity = change;
      }
      return { param: p.sub(change), slots: updated };
    },
  };
}

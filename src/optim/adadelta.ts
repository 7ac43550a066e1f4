import { between, nonNegativeNumber } from "../core/checks.ts";
import type { OptionChecks } from "../core/options.ts";
import { checkOptions } from "../core/options.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { flush } from "./flush.ts";
import { rateOrSchedule } from "./learning-rate.ts";
import type { LearningRateOption, Optimizer } from "./optimizer.ts";

/** The options of `adadelta`. */
export interface AdadeltaOptions extends LearningRateOption {
  /** Decay of both running averages, 0 to 1. Default 0.95. */
  readonly rho?: number;
  /** Keeps both roots from 0. Default 1e-7. */
  readonly epsilon?: number;
}

const checks: OptionChecks<AdadeltaOptions> = { learningRate: rateOrSchedule, rho: between(0, 1), epsilon: nonNegativeNumber };

/**
 * Adadelta (Zeiler, 2012). The published rule is `learningRate: 1`; the default is Keras's.
 *
 *     s ← ρ·s + (1 − ρ)·g²         d = g·√(u + ε) / √(s + ε)
 *     u ← ρ·u + (1 − ρ)·d²         p ← p − lr·d
 *
 * Defaults: `learningRate` 0.001, `rho` 0.95, `epsilon` 1e-7.
 *
 * @throws GradsmithError "option" for an unknown option or a value out of its range.
 * @example model.compile({ optimizer: adadelta({ learningRate: 1 }), loss: "mse" });
 */
export function adadelta(options: AdadeltaOptions = {}): Optimizer<"square" | "change"> {
  const { learningRate = 0.001, rho = 0.95, epsilon = 1e-7 } = checkOptions("adadelta", options, checks);
  return {
    kind: "adadelta",
    options: { learningRate, rho, epsilon },
    learningRate,
    slots: { square: 0, change: 0 },
    step(p, g, slots, _t, lr) {
      const running = (old: Tensor, x: Tensor) => flush(old.mul(rho).add(x.square().mul(1 - rho)));
      const square = running(slots.square, g);
      const delta = g.mul(slots.change.add(epsilon).sqrt()).div(square.add(epsilon).sqrt());
      return { param: p.sub(delta.mul(lr)), slots: { square, change: running(slots.change, delta) } };
    },
  };
}

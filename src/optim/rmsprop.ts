import { finiteNumber, within } from "../core/checks.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { flush } from "./flush.ts";
import { checkedRate } from "./learning-rate.ts";
import type { LearningRateOption, Optimizer } from "./optimizer.ts";

export interface RmspropOptions extends LearningRateOption {
  /** Decay of the running averages. */
  readonly rho?: number;
  readonly momentum?: number;
  readonly epsilon?: number;
  /** Subtract the squared mean gradient, so that the divisor is a standard deviation. */
  readonly centered?: boolean;
}

/**
 * RMSprop (Hinton, 2012), in Keras's form with ε under the root.
 *
 *     s ← ρ·s + (1 − ρ)·g²         a ← ρ·a + (1 − ρ)·g if centered, else 0
 *     d = lr·g / √(s − a² + ε)     v ← μ·v + d with momentum μ, else v = d
 *     p ← p − v
 */
export function rmsprop({
  learningRate = 0.001,
  rho = 0.9,
  momentum = 0,
  epsilon = 1e-7,
  centered = false,
}: RmspropOptions = {}): Optimizer {
  within("rmsprop", "rho", rho, 0, 1);
  within("rmsprop", "momentum", momentum, 0, 1);
  finiteNumber("rmsprop", "epsilon", epsilon);
  return {
    kind: "rmsprop",
    options: { learningRate, rho, momentum, epsilon, centered },
    learningRate: checkedRate("rmsprop", learningRate),
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

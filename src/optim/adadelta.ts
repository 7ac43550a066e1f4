import { finiteNumber, within } from "../core/checks.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { flush } from "./flush.ts";
import { checkedRate } from "./learning-rate.ts";
import type { LearningRateOption, Optimizer } from "./optimizer.ts";

export interface AdadeltaOptions extends LearningRateOption {
  /** Decay of both running averages. */
  readonly rho?: number;
  readonly epsilon?: number;
}

/**
 * Adadelta (Zeiler, 2012). The published rule is `learningRate: 1`; the default is Keras's.
 *
 *     s ← ρ·s + (1 − ρ)·g²         d = g·√(u + ε) / √(s + ε)
 *     u ← ρ·u + (1 − ρ)·d²         p ← p − lr·d
 */
export function adadelta({ learningRate = 0.001, rho = 0.95, epsilon = 1e-7 }: AdadeltaOptions = {}): Optimizer<"square" | "change"> {
  within("adadelta", "rho", rho, 0, 1);
  finiteNumber("adadelta", "epsilon", epsilon);
  return {
    kind: "adadelta",
    options: { learningRate, rho, epsilon },
    learningRate: checkedRate("adadelta", learningRate),
    slots: { square: 0, change: 0 },
    step(p, g, slots, _t, lr) {
      const running = (old: Tensor, x: Tensor) => flush(old.mul(rho).add(x.square().mul(1 - rho)));
      const square = running(slots.square, g);
      const delta = g.mul(slots.change.add(epsilon).sqrt()).div(square.add(epsilon).sqrt());
      return { param: p.sub(delta.mul(lr)), slots: { square, change: running(slots.change, delta) } };
    },
  };
}

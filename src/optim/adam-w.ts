import { finiteNumber } from "../core/checks.ts";
import type { AdamOptions } from "./adam.ts";
import { adam } from "./adam.ts";
import type { Optimizer } from "./optimizer.ts";

export interface AdamWOptions extends AdamOptions {
  /** The fraction of a parameter lost per step, in units of the learning rate. */
  readonly weightDecay?: number;
}

/**
 * Adam with decoupled weight decay (Loshchilov & Hutter, 2019).
 *
 *     p ← p − lr·λ·p, then Adam's step
 */
export function adamW({ weightDecay = 0.004, ...options }: AdamWOptions = {}): Optimizer {
  finiteNumber("adamW", "weightDecay", weightDecay);
  const inner = adam(options);
  return {
    ...inner,
    kind: "adamW",
    options: { ...inner.options, weightDecay },
    step: (p, g, slots, t, lr) => inner.step(p.sub(p.mul(lr.mul(weightDecay))), g, slots, t, lr),
  };
}

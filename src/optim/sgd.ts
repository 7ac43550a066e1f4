import { within } from "../core/checks.ts";
import { flush } from "./flush.ts";
import { checkedRate } from "./learning-rate.ts";
import type { LearningRateOption, Optimizer } from "./optimizer.ts";

export interface SgdOptions extends LearningRateOption {
  /** How much of the last step is repeated, 0 to 1. */
  readonly momentum?: number;
  readonly nesterov?: boolean;
}

/**
 * Stochastic gradient descent, with momentum if asked for (Sutskever et al., 2013), in Keras's form.
 *
 *     p ← p − lr·g
 *     v ← μ·v − lr·g      p ← p + v              with momentum μ
 *                         p ← p + μ·v − lr·g     with Nesterov's
 */
export function sgd({ learningRate = 0.01, momentum = 0, nesterov = false }: SgdOptions = {}): Optimizer {
  within("sgd", "momentum", momentum, 0, 1);
  const common = { kind: "sgd", options: { learningRate, momentum, nesterov }, learningRate: checkedRate("sgd", learningRate) };
  if (momentum === 0) {
    return { ...common, slots: {}, step: (p, g, _slots, _t, lr) => ({ param: p.sub(g.mul(lr)), slots: {} }) };
  }
  return {
    ...common,
    slots: { velocity: 0 },
    step(p, g, slots, _t, lr) {
      const descent = g.mul(lr);
      const velocity = flush(slots.velocity!.mul(momentum).sub(descent));
      return { param: p.add(nesterov ? velocity.mul(momentum).sub(descent) : velocity), slots: { velocity } };
    },
  };
}

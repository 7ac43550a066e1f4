import { between, flag } from "../core/checks.ts";
import type { OptionChecks } from "../core/options.ts";
import { checkOptions } from "../core/options.ts";
import { flush } from "./flush.ts";
import { rateOrSchedule } from "./learning-rate.ts";
import type { LearningRateOption, Optimizer } from "./optimizer.ts";

/** The options of `sgd`. */
export interface SgdOptions extends LearningRateOption {
  /** How much of the last step is repeated, 0 to 1. Default 0. */
  readonly momentum?: number;
  /** Looks ahead along the momentum before it takes the gradient (Nesterov, 1983). Default false. */
  readonly nesterov?: boolean;
}

const checks: OptionChecks<SgdOptions> = { learningRate: rateOrSchedule, momentum: between(0, 1), nesterov: flag };

/**
 * Stochastic gradient descent, with momentum if asked for (Sutskever et al., 2013), in Keras's form.
 *
 *     p ← p − lr·g
 *     v ← μ·v − lr·g      p ← p + v              with momentum μ
 *                         p ← p + μ·v − lr·g     with Nesterov's
 *
 * Defaults: `learningRate` 0.01, `momentum` 0, `nesterov` false.
 *
 * @throws GradsmithError "option" for an unknown option or a value out of its range.
 * @example model.compile({ optimizer: sgd({ learningRate: 0.1, momentum: 0.9 }), loss: "mse" });
 */
export function sgd(options: SgdOptions = {}): Optimizer {
  const { learningRate = 0.01, momentum = 0, nesterov = false } = checkOptions("sgd", options, checks);
  const common = { kind: "sgd", options: { learningRate, momentum, nesterov }, learningRate };
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

import { nonNegativeNumber } from "../core/checks.ts";
import type { OptionChecks } from "../core/options.ts";
import { checkOptions } from "../core/options.ts";
import type { AdamOptions } from "./adam.ts";
import { adam, adamChecks } from "./adam.ts";
import type { Optimizer } from "./optimizer.ts";

/** The options of `adamW`. */
export interface AdamWOptions extends AdamOptions {
  /** The fraction of a parameter lost per step, in units of the learning rate. Default 0.004. */
  readonly weightDecay?: number;
}

const checks: OptionChecks<AdamWOptions> = { ...adamChecks, weightDecay: nonNegativeNumber };

/**
 * Adam with decoupled weight decay (Loshchilov & Hutter, 2019).
 *
 *     p ← p − lr·λ·p, then Adam's step
 *
 * Defaults: `weightDecay` 0.004; `learningRate` 0.001 and the others are Adam's.
 *
 * @throws GradsmithError "option" for an unknown option or a value out of its range.
 * @example model.compile({ optimizer: adamW({ learningRate: 1e-3, weightDecay: 0.01 }), loss: "mse" });
 */
export function adamW(options: AdamWOptions = {}): Optimizer {
  const { weightDecay = 0.004, ...others } = checkOptions("adamW", options, checks);
  const inner = adam(others);
  return {
    ...inner,
    kind: "adamW",
    options: { ...inner.options, weightDecay },
    step: (p, g, slots, t, lr) => inner.step(p.sub(p.mul(lr.mul(weightDecay))), g, slots, t, lr),
  };
}

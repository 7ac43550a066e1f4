import type { OptionChecks } from "../core/options.ts";
import { checkOptions } from "../core/options.ts";
import type { AdamOptions } from "./adam.ts";
import { adamChecks } from "./adam.ts";
import { flush } from "./flush.ts";
import { oneMinusPower } from "./one-minus-power.ts";
import type { Optimizer } from "./optimizer.ts";

/** The options of `adamax`. */
export type AdamaxOptions = Omit<AdamOptions, "amsgrad">;

const { amsgrad: _, ...checks }: OptionChecks<AdamOptions> = adamChecks;

/**
 * Adamax: Adam with the largest gradient in place of the second moment (Kingma & Ba, 2015, section 7).
 *
 *     m ← β₁·m + (1 − β₁)·g        u ← max(β₂·u, |g|)
 *     p ← p − lr/(1 − β₁ᵗ) · m / (u + ε)
 *
 * Defaults: `learningRate` 0.001, `beta1` 0.9, `beta2` 0.999, `epsilon` 1e-7.
 *
 * @throws GradsmithError "option" for an unknown option or a value out of its range.
 * @example model.compile({ optimizer: adamax({ learningRate: 2e-3 }), loss: "mse" });
 */
export function adamax(options: AdamaxOptions = {}): Optimizer<"m" | "u"> {
  const { learningRate = 0.001, beta1 = 0.9, beta2 = 0.999, epsilon = 1e-7 } = checkOptions("adamax", options, checks);
  return {
    kind: "adamax",
    options: { learningRate, beta1, beta2, epsilon },
    learningRate,
    slots: { m: 0, u: 0 },
    step(p, g, slots, t, lr) {
      const m = flush(slots.m.add(g.sub(slots.m).mul(1 - beta1)));
      const u = flush(slots.u.mul(beta2).maximum(g.abs()));
      return { param: p.sub(m.mul(lr.div(oneMinusPower(beta1, t))).div(u.add(epsilon))), slots: { m, u } };
    },
  };
}

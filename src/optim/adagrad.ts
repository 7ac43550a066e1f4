import { nonNegativeNumber } from "../core/checks.ts";
import type { OptionChecks } from "../core/options.ts";
import { checkOptions } from "../core/options.ts";
import { rateOrSchedule } from "./learning-rate.ts";
import type { LearningRateOption, Optimizer } from "./optimizer.ts";

/** The options of `adagrad`. */
export interface AdagradOptions extends LearningRateOption {
  /** What the sum of squares starts from. Default 0.1. */
  readonly initialAccumulatorValue?: number;
  /** Keeps the divisor from 0. Default 1e-7. */
  readonly epsilon?: number;
}

const checks: OptionChecks<AdagradOptions> = {
  learningRate: rateOrSchedule,
  initialAccumulatorValue: nonNegativeNumber,
  epsilon: nonNegativeNumber,
};

/**
 * Adagrad (Duchi et al., 2011): each parameter's rate falls with all the gradients it has seen. In Keras's form.
 *
 *     s ← s + g²      p ← p − lr·g / √(s + ε)
 *
 * Defaults: `learningRate` 0.001, `initialAccumulatorValue` 0.1, `epsilon` 1e-7.
 *
 * @throws GradsmithError "option" for an unknown option or a value out of its range.
 * @example model.compile({ optimizer: adagrad({ learningRate: 0.01 }), loss: "mse" });
 */
export function adagrad(options: AdagradOptions = {}): Optimizer<"sum"> {
  const { learningRate = 0.001, initialAccumulatorValue = 0.1, epsilon = 1e-7 } = checkOptions("adagrad", options, checks);
  return {
    kind: "adagrad",
    options: { learningRate, initialAccumulatorValue, epsilon },
    learningRate,
    slots: { sum: initialAccumulatorValue },
    step(p, g, slots, _t, lr) {
      const sum = slots.sum.add(g.square());
      return { param: p.sub(g.mul(lr).div(sum.add(epsilon).sqrt())), slots: { sum } };
    },
  };
}

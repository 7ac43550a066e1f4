import { finiteNumber } from "../core/checks.ts";
import { checkedRate } from "./learning-rate.ts";
import type { LearningRateOption, Optimizer } from "./optimizer.ts";

export interface AdagradOptions extends LearningRateOption {
  /** What the sum of squares starts from. */
  readonly initialAccumulatorValue?: number;
  readonly epsilon?: number;
}

/**
 * Adagrad (Duchi et al., 2011).
 *
 *     s ← s + g²      p ← p − lr·g / √(s + ε)
 */
export function adagrad({ learningRate = 0.001, initialAccumulatorValue = 0.1, epsilon = 1e-7 }: AdagradOptions = {}): Optimizer<"sum"> {
  finiteNumber("adagrad", "initialAccumulatorValue", initialAccumulatorValue);
  finiteNumber("adagrad", "epsilon", epsilon);
  return {
    kind: "adagrad",
    options: { learningRate, initialAccumulatorValue, epsilon },
    learningRate: checkedRate("adagrad", learningRate),
    slots: { sum: initialAccumulatorValue },
    step(p, g, slots, _t, lr) {
      const sum = slots.sum.add(g.square());
      return { param: p.sub(g.mul(lr).div(sum.add(epsilon).sqrt())), slots: { sum } };
    },
  };
}

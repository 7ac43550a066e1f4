import { positiveNumber, refuse } from "../core/checks.ts";
import { squareUnit } from "../tensor/functions/statistics.ts";
import type { Tensor } from "../tensor/tensor.ts";
import type { NamedTensors, Optimizer } from "./optimizer.ts";
import { isOptimizer } from "./optimizer.ts";

/**
 * What gradients are multiplied with so that the norm of all of them is at most `limit`. They are divided by the largest before they are squared,
 * which neither overflows nor vanishes.
 */
export function shrinkage(gradients: readonly Tensor[], limit: number): Tensor {
  const largest = gradients.map((g) => g.abs().max()).reduce((a, b) => a.maximum(b));
  const unit = squareUnit(largest);
  const norm = gradients
    .map((g) => g.div(unit).square().sum())
    .reduce((sum, square) => sum.add(square))
    .sqrt();
  const most = unit.reciprocal().mul(limit);
  return norm.greater(most).where(most.div(norm), 1);
}

/**
 * The optimizer, with each parameter's gradient scaled down to a Euclidean norm of at most `limit`; Keras's `clipnorm`.
 *
 *     g ← g · min(1, limit / ‖g‖)
 *
 * @throws GradsmithError "option" unless `limit` is a positive number and `optimizer` an optimizer.
 * @example model.compile({ optimizer: clipByNorm(1, adam()), loss: "mse" });
 */
export function clipByNorm<Slot extends string>(limit: number, optimizer: Optimizer<Slot>): Optimizer<Slot> {
  checkClipping("clipByNorm", limit, optimizer);
  return {
    ...optimizer,
    options: { ...optimizer.options, clipByNorm: limit },
    step: (p, g, slots, t, lr) => optimizer.step(p, g.mul(shrinkage([g], limit)), slots, t, lr),
  };
}

/**
 * The optimizer, with all gradients scaled down together so that the Euclidean norm of all of them is at most `limit` (Pascanu et al., 2013);
 * Keras's `global_clipnorm`, PyTorch's `clip_grad_norm_`.
 *
 *     gᵢ ← gᵢ · min(1, limit / √(Σ ‖gᵢ‖²))
 *
 * @throws GradsmithError "option" unless `limit` is a positive number and `optimizer` an optimizer.
 * @example model.compile({ optimizer: clipByGlobalNorm(1, adam()), loss: "mse" });
 */
export function clipByGlobalNorm<Slot extends string>(limit: number, optimizer: Optimizer<Slot>): Optimizer<Slot> {
  checkClipping("clipByGlobalNorm", limit, optimizer);
  return {
    ...optimizer,
    options: { ...optimizer.options, clipByGlobalNorm: limit },
    prepare(grads: NamedTensors) {
      const prepared = optimizer.prepare?.(grads) ?? grads;
      const gradients = Object.values(prepared);
      if (gradients.length === 0) return prepared;
      const factor = shrinkage(gradients, limit);
      return Object.fromEntries(Object.entries(prepared).map(([name, g]) => [name, g.mul(factor)]));
    },
  };
}

/**
 * The optimizer, with every element of a gradient kept within −limit and limit; Keras's `clipvalue`.
 *
 *     g ← min(max(g, −limit), limit)
 *
 * @throws GradsmithError "option" unless `limit` is a positive number and `optimizer` an optimizer.
 * @example model.compile({ optimizer: clipByValue(0.5, adam()), loss: "mse" });
 */
export function clipByValue<Slot extends string>(limit: number, optimizer: Optimizer<Slot>): Optimizer<Slot> {
  checkClipping("clipByValue", limit, optimizer);
  return {
    ...optimizer,
    options: { ...optimizer.options, clipByValue: limit },
    step: (p, g, slots, t, lr) => optimizer.step(p, g.maximum(-limit).minimum(limit), slots, t, lr),
  };
}

function checkClipping(where: string, limit: unknown, optimizer: unknown): void {
  positiveNumber(where, "the limit", limit);
  if (!isOptimizer(optimizer)) refuse(where, "optimizer", optimizer, `Write ${where}(1, adam()).`);
}

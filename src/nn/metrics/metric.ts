import type { Described } from "../../core/described.ts";
import { zeros } from "../../tensor/create.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { fittedTo } from "../losses/loss.ts";
import { spread } from "./spread.ts";

/** What a metric has gathered so far, by name. */
export type MetricState = Readonly<Record<string, Tensor>>;

/** A figure of merit, gathered over batches as tensors so that nothing has to be read in between. `meanMetric` makes the usual ones. */
export interface Metric<Name extends string = string> extends Described {
  /** Its key in logs and histories. */
  readonly name: Name;
  /** What it must be given where the model's outputs are logits; as they are where it isn't said. */
  readonly takes?: "probabilities";
  /** The state before the first batch. */
  init(): MetricState;
  /**
   * The state after a batch, in the same shapes and dtypes. `weight` says how much each sample counts: [batch], or one for each of its values, such
   * as [batch, steps].
   */
  update(state: MetricState, target: Tensor, prediction: Tensor, options?: { readonly weight?: Tensor | undefined }): MetricState;
  /** The figure, from the state's elements. */
  result(state: Readonly<Record<string, ArrayLike<number>>>): number;
}

/** What makes up a `meanMetric`. */
export interface MeanMetricOptions {
  /** A value for each sample, [batch] or [batch, ...]. Targets [batch] come as [batch, 1] where predictions are [batch, 1]. */
  readonly perSample: (target: Tensor, prediction: Tensor) => Tensor;
  /** What is done to the mean at the end; nothing by default. */
  readonly finish?: ((mean: number) => number) | undefined;
  /** What it was made with, so that it can be made again. */
  readonly options?: object | undefined;
  /** Whether logits are to be made probabilities first. */
  readonly takes?: "probabilities" | undefined;
}

/**
 * A metric that is a mean over samples, for metrics of your own too. Its name is its key in logs.
 *
 * @example
 * const within = (distance: number) =>
 *   meanMetric("within", {
 *     options: { distance },
 *     perSample: (target, prediction) => prediction.sub(target).abs().lessEqual(distance).cast("f32").mean({ axis: -1 }),
 *   });
 * model.compile({ loss: "mse", metrics: ["mae", within(0.1)] });
 */
export function meanMetric<Name extends string>(kind: Name, settings: MeanMetricOptions): Metric<Name> {
  const { perSample, finish = (mean) => mean, options = {}, takes } = settings;
  return {
    kind,
    name: kind,
    options,
    ...(takes && { takes }),
    init: () => ({ total: zeros([]), count: zeros([]) }),
    update({ total, count }, target, prediction, { weight } = {}) {
      const values = perSample(fittedTo(prediction, target), prediction).cast("f32");
      if (weight === undefined) return { total: total!.add(values.sum()), count: count!.add(values.size) };
      const shares = spread(kind, weight, values);
      return { total: total!.add(values.mul(shares).sum()), count: count!.add(shares.sum()) };
    },
    result: ({ total, count }) => finish(ratio(total![0]!, count![0]!)),
  };
}

/** a / b, and 0 for nothing of nothing. */
export const ratio = (a: number, b: number): number => (b === 0 ? 0 : a / b);

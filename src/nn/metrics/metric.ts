import { zeros } from "../../tensor/create.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import type { Described } from "../described.ts";

export type MetricState = Readonly<Record<string, Tensor>>;

/** A figure of merit, gathered over batches as tensors so that nothing has to be read in between. */
export interface Metric extends Described {
  /** Its key in logs and histories. */
  readonly name: string;
  init(): MetricState;
  /** The state after a batch; `weight` [batch] says how much each sample counts. */
  update(state: MetricState, target: Tensor, prediction: Tensor, options?: { readonly weight?: Tensor | undefined }): MetricState;
  /** The figure, from the state's elements. */
  result(state: Readonly<Record<string, ArrayLike<number>>>): number;
}

interface MeanMetric {
  readonly options?: object;
  /** A value for each sample, [batch] or [batch, ...]. */
  readonly perSample: (target: Tensor, prediction: Tensor) => Tensor;
  /** What is done to the mean at the end. */
  readonly finish?: (mean: number) => number;
}

/** A metric that is a mean over samples. */
export function meanMetric(kind: string, { perSample, finish = (mean) => mean, options = {} }: MeanMetric): Metric {
  return {
    kind,
    name: kind,
    options,
    init: () => ({ total: zeros([]), count: zeros([]) }),
    update({ total, count }, target, prediction, { weight } = {}) {
      const values = perSample(target, prediction).cast("f32");
      if (weight === undefined) return { total: total!.add(values.sum()), count: count!.add(values.size) };
      const spread = weight
        .cast("f32")
        .reshape([weight.size, ...values.shape.slice(1).map(() => 1)])
        .broadcastTo(values.shape);
      return { total: total!.add(values.mul(spread).sum()), count: count!.add(spread.sum()) };
    },
    result: ({ total, count }) => finish(ratio(total![0]!, count![0]!)),
  };
}

/** a / b, and 0 for nothing of nothing. */
export const ratio = (a: number, b: number): number => (b === 0 ? 0 : a / b);

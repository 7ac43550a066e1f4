import type { MetricState } from "../nn/metrics/metric.ts";
import { full, zeros } from "../tensor/create.ts";
import type { Tensor } from "../tensor/tensor.ts";
import type { TrainingSetup } from "./compile-options.ts";
import type { Logs } from "./history.ts";

/** What a pass over samples has gathered so far, as tensors: the loss and the metrics, and where the loss went wrong. */
export interface Tally {
  readonly total: Tensor;
  readonly samples: Tensor;
  readonly metrics: Readonly<Record<string, MetricState>>;
}

export const emptyTally = ({ metrics }: TrainingSetup): Tally => ({
  total: zeros([]),
  samples: zeros([]),
  metrics: Object.fromEntries(Object.entries(metrics).map(([name, metric]) => [name, metric.init()])),
});

export function addToTally(tally: Tally, { metrics }: TrainingSetup, loss: Tensor, y: Tensor, prediction: Tensor): Tally {
  const count = prediction.shape[0]!;
  return {
    total: tally.total.add(loss.cast("f32").mul(count)),
    samples: tally.samples.add(full([], count)),
    metrics: Object.fromEntries(
      Object.entries(metrics).map(([name, metric]) => [name, metric.update(tally.metrics[name]!, y, prediction)]),
    ),
  };
}

/** The figures so far. The tensors are memory already, so nothing is compiled for this. */
export async function logsOf(tally: Tally, { metrics }: TrainingSetup): Promise<Logs> {
  const [total, samples] = await Promise.all([tally.total.item(), tally.samples.item()]);
  const logs: Record<string, number> = { loss: total / samples };
  for (const [name, metric] of Object.entries(metrics)) {
    const state = Object.entries(tally.metrics[name]!);
    const values = await Promise.all(state.map(([, tensor]) => tensor.read()));
    logs[name] = metric.result(Object.fromEntries(state.map(([key], i) => [key, values[i]!])));
  }
  return logs;
}

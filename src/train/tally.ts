import { maskOf, withLogits } from "../nn/carried.ts";
import type { Metric, MetricState } from "../nn/metrics/metric.ts";
import { full, zeros } from "../tensor/create.ts";
import type { Tensor } from "../tensor/tensor.ts";
import type { Batch } from "./batches.ts";
import type { TrainingSetup } from "./compile-options.ts";
import type { Figures } from "./history.ts";
import type { Objective } from "./objective.ts";
import type { Output } from "./outputs.ts";
import { logName } from "./outputs.ts";
import { countOf } from "./samples.ts";

/** What a pass over samples has gathered so far, as tensors: the losses and the metrics. */
export interface Tally {
  readonly total: Tensor;
  readonly samples: Tensor;
  /** Of each output, where there are several. */
  readonly losses: Readonly<Record<string, Tensor>>;
  readonly metrics: Readonly<Record<string, MetricState>>;
}

export const emptyTally = ({ outputs }: TrainingSetup): Tally => ({
  total: zeros([]),
  samples: zeros([]),
  losses: Object.fromEntries(separateLosses(outputs).map(({ name }) => [name, zeros([])])),
  metrics: Object.fromEntries(outputs.flatMap(({ metrics }) => Object.entries(metrics).map(([key, metric]) => [key, metric.init()]))),
});

const separateLosses = (outputs: readonly Output[]): readonly Output[] =>
  outputs.length > 1 ? outputs.filter(({ loss }) => loss !== undefined) : [];

export function addToTally(tally: Tally, { outputs }: TrainingSetup, { loss, losses, predictions }: Objective, batch: Batch): Tally {
  const count = countOf(batch.x);
  const weighed = (value: Tensor): Tensor => value.cast("f32").mul(count);
  const metrics: Record<string, MetricState> = {};
  for (const output of outputs) {
    const entries = Object.entries(output.metrics);
    if (entries.length === 0) continue;
    const [target, prediction] = [batch.y[output.name]!, predictions[output.name]!];
    const mask = maskOf(prediction, prediction.shape.slice(0, Math.max(1, prediction.rank - 1)));
    for (const [key, metric] of entries)
      metrics[key] = metric.update(
        tally.metrics[key]!,
        target,
        seenBy(metric, output, prediction),
        mask === undefined ? {} : { weight: mask },
      );
  }
  return {
    total: tally.total.add(weighed(loss)),
    samples: tally.samples.add(full([], count)),
    losses: Object.fromEntries(Object.entries(tally.losses).map(([name, total]) => [name, total.add(weighed(losses[name]!))])),
    metrics,
  };
}

/** What a metric looks at: probabilities, where it wants them and the loss takes the model's output for logits. */
function seenBy(metric: Metric, { loss }: Output, prediction: Tensor): Tensor {
  if (metric.takes !== "probabilities" || loss?.takesLogits === undefined) return prediction;
  const probabilities = loss.takesLogits === "bernoulli" ? prediction.sigmoid() : prediction.softmax();
  return withLogits(probabilities, prediction, loss.takesLogits);
}

/** The figures so far. The tensors are memory already, so nothing is compiled for this. */
export async function logsOf(tally: Tally, { outputs }: TrainingSetup): Promise<Figures> {
  const names = Object.keys(tally.losses);
  const [samples, total, ...separate] = await Promise.all(
    [tally.samples, tally.total, ...Object.values(tally.losses)].map((sum) => sum.item()),
  );
  const logs: Record<string, number> & { loss: number } = { loss: total! / samples! };
  for (const [i, name] of names.entries()) logs[`${logName(name)}_loss`] = separate[i]! / samples!;
  for (const { metrics } of outputs) {
    for (const [key, metric] of Object.entries(metrics)) {
      const state = Object.entries(tally.metrics[key]!);
      const values = await Promise.all(state.map(([, tensor]) => tensor.read()));
      logs[key] = metric.result(Object.fromEntries(state.map(([part], i) => [part, values[i]!])));
    }
  }
  return logs;
}

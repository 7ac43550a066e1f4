import type { Choice } from "../nn/described.ts";
import type { Loss } from "../nn/losses/loss.ts";
import type { LossChoice } from "../nn/losses/registry.ts";
import { lossOf } from "../nn/losses/registry.ts";
import type { Metric } from "../nn/metrics/metric.ts";
import { metricOf } from "../nn/metrics/registry.ts";
import type { Optimizer } from "../optim/optimizer.ts";
import { optimizerOf } from "../optim/optimizers.ts";

export interface CompileOptions {
  /** An optimizer, or the name of one with its defaults. */
  readonly optimizer?: string | Optimizer;
  readonly loss: LossChoice;
  readonly metrics?: readonly Choice<Metric>[];
}

/** What a model is trained with. */
export interface TrainingSetup {
  readonly optimizer: Optimizer;
  readonly loss: Loss;
  /** By their keys in logs. */
  readonly metrics: Readonly<Record<string, Metric>>;
}

export function trainingSetup({ optimizer = "rmsprop", loss, metrics = [] }: CompileOptions): TrainingSetup {
  return {
    optimizer: optimizerOf("compile", optimizer),
    loss: lossOf("compile", loss),
    metrics: named(metrics.map((choice) => metricOf("compile", choice))),
  };
}

/** Metrics by name; a second of the same name is numbered. */
function named(metrics: readonly Metric[]): Record<string, Metric> {
  const result: Record<string, Metric> = {};
  for (const metric of metrics) {
    let name = metric.name;
    for (let i = 1; name === "loss" || name in result; i++) name = `${metric.name}_${i}`;
    result[name] = metric;
  }
  return result;
}

import type { Choice } from "../nn/described.ts";
import type { Loss } from "../nn/losses/loss.ts";
import type { LossChoice } from "../nn/losses/registry.ts";
import { lossOf } from "../nn/losses/registry.ts";
import type { Metric } from "../nn/metrics/metric.ts";
import { metricOf } from "../nn/metrics/registry.ts";
import type { Optimizer } from "../optim/optimizer.ts";
import { optimizerOf } from "../optim/optimizers.ts";
import type { Precision } from "../runtime/precision.ts";
import { inPrecision } from "../runtime/precision.ts";

export interface CompileOptions {
  /** An optimizer, or the name of one with its defaults. */
  readonly optimizer?: string | Optimizer;
  readonly loss: LossChoice;
  readonly metrics?: readonly Choice<Metric>[];
  /**
   * "bf16" rounds the operands of all products to bf16 and sums in f32, which is several times faster where the processor has matrix
   * instructions for it. Weights, their updates and everything between products stay f32.
   */
  readonly precision?: Precision;
}

/** What a model is trained with. */
export interface TrainingSetup {
  readonly optimizer: Optimizer;
  readonly loss: Loss;
  /** By their keys in logs. */
  readonly metrics: Readonly<Record<string, Metric>>;
  readonly precision: Precision;
}

export function trainingSetup({ optimizer = "rmsprop", loss, metrics = [], precision = "f32" }: CompileOptions): TrainingSetup {
  inPrecision("compile", precision);
  return {
    optimizer: optimizerOf("compile", optimizer),
    loss: lossOf("compile", loss),
    metrics: named(metrics.map((choice) => metricOf("compile", choice))),
    precision,
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

import { anything, finiteNumber, record } from "../core/checks.ts";
import { checkOptions } from "../core/options.ts";
import type { LossChoice } from "../nn/losses/registry.ts";
import type { Metric } from "../nn/metrics/metric.ts";
import type { MetricChoice } from "../nn/metrics/registry.ts";
import type { Types } from "../nn/shapes.ts";
import type { NamedTensors, Optimizer } from "../optim/optimizer.ts";
import type { OptimizerName } from "../optim/optimizers.ts";
import { optimizerOf } from "../optim/optimizers.ts";
import type { Precision } from "../runtime/precision.ts";
import { inPrecision } from "../runtime/precision.ts";
import type { Output, OutputChoices, PerOutput } from "./outputs.ts";
import { checkChoices, outputsOf } from "./outputs.ts";

/** What `compile` may be told to measure: one list, or one for each output. */
export type MetricChoices = readonly MetricChoice[] | PerOutput<readonly MetricChoice[]>;

/** The options of a model's `compile`. */
export interface CompileOptions<Metrics extends MetricChoices = MetricChoices> {
  /** An optimizer, or the name of one with its defaults; RMSprop by default, as in Keras. */
  readonly optimizer?: OptimizerName | Optimizer;
  /** What is made small: a name, a name with options, `losses.huber(...)`, a function of target and prediction; or one for each output. */
  readonly loss: LossChoice | PerOutput<LossChoice>;
  /** What else is measured; none by default. A metric's key in logs is its name as given here. */
  readonly metrics?: Metrics;
  /** How much the loss of each output counts; 1 by default. */
  readonly lossWeights?: PerOutput<number>;
  /**
   * "bf16" rounds the operands of all products to bf16 and sums in f32, which is several times faster where the processor has matrix
   * instructions for it. Weights, their updates and everything between products stay f32, the default.
   */
  readonly precision?: Precision;
}

/** The keys of metrics in logs, where their names are known to the type checker. */
export type MetricKeys<Metrics> = Metrics extends readonly (infer Choice)[] ? KeyOf<Choice> : string;
type KeyOf<Choice> = Choice extends string
  ? Choice
  : Choice extends readonly [infer Name extends string, ...unknown[]]
    ? Name
    : Choice extends Metric<infer Name>
      ? Name
      : string;

/** What a model is trained with, once its outputs are known. */
export interface TrainingSetup {
  readonly optimizer: Optimizer;
  readonly outputs: readonly Output[];
  readonly precision: Precision;
  /** What happens to a batch's gradients before the optimizer sees them; nothing by default. */
  readonly transformGradients?: (grads: NamedTensors) => NamedTensors;
}

/** The same before. */
export interface CompiledChoices {
  readonly optimizer: Optimizer;
  readonly precision: Precision;
  outputsOf(output: Types): readonly Output[];
}

/** What was given to `compile`, checked as far as it can be without the model's outputs. */
export function compiledChoices(options: CompileOptions): CompiledChoices {
  checkOptions<CompileOptions>("compile", options, {
    optimizer: (where, _name, value) => optimizerOf(where, value as Optimizer),
    loss: anything,
    metrics: anything,
    lossWeights: (where, name, value) => {
      for (const [output, weight] of Object.entries(Array.isArray(value) ? value : record(where, name, value)))
        finiteNumber(where, `${name}.${output}`, weight);
    },
    precision: (where, _name, value) => inPrecision(where, value as Precision),
  });
  const { optimizer = "rmsprop", precision = "f32", loss, metrics, lossWeights } = options;
  const choices: OutputChoices = { loss, metrics, lossWeights };
  checkChoices(choices);
  return {
    optimizer: optimizerOf("compile", optimizer),
    precision,
    outputsOf: (output) => outputsOf(choices, output),
  };
}

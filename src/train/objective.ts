import { isFloat } from "../core/dtype.ts";
import { GradsmithError } from "../core/errors.ts";
import { map } from "../core/tree.ts";
import type { Blueprint } from "../nn/blueprint.ts";
import { isTrained } from "../nn/blueprint.ts";
import { maskOf } from "../nn/carried.ts";
import { maskedMean } from "../nn/losses/loss.ts";
import { spread } from "../nn/metrics/spread.ts";
import type { Module, Value } from "../nn/module.ts";
import { namedLeaves } from "../nn/shapes.ts";
import type { CallOptions } from "../nn/variable-scope.ts";
import { VariableScope } from "../nn/variable-scope.ts";
import type { NamedTensors } from "../optim/optimizer.ts";
import { isTensor } from "../runtime/trace.ts";
import type { KeySource } from "../tensor/functions/implicit-keys.ts";
import { withImplicitKeys } from "../tensor/functions/implicit-keys.ts";
import { random } from "../tensor/random.ts";
import { Tensor } from "../tensor/tensor.ts";
import type { Batch } from "./batches.ts";
import type { TrainingSetup } from "./compile-options.ts";
import type { Output } from "./outputs.ts";

/** What has to be known of a model to trace it. */
export interface Traceable extends Module {
  readonly blueprint: Blueprint;
  /** The floats it computes in. */
  readonly dtype: "f32" | "f64";
}

export interface Objective {
  /** The weighted sum of the outputs' mean losses for the batch with all penalties, a scalar. */
  readonly loss: Tensor;
  /** The mean loss of each output, unweighted. */
  readonly losses: Readonly<Record<string, Tensor>>;
  /** What the model gave, by output. */
  readonly predictions: Readonly<Record<string, Tensor>>;
  /** What modules wrote, by path. */
  readonly written: NamedTensors;
}

/** What a training step makes small, traced for one batch. */
export function objective(
  model: Traceable,
  { outputs }: TrainingSetup,
  variables: NamedTensors,
  { x, y, weight }: Batch,
  options: CallOptions = {},
): Objective {
  const { output, scope } = traced(model, variables, x, options);
  const predictions = Object.fromEntries(namedLeaves(output));
  const losses: Record<string, Tensor> = {};
  return withImplicitKeys(keysOfLosses(options), () => {
    const weighted: Tensor[] = [];
    for (const each of outputs) {
      if (each.loss === undefined) continue;
      const loss = meanLoss(each, y[each.name]!, predictions[each.name]!, weight[each.name]);
      losses[each.name] = loss;
      weighted.push(each.lossWeight === 1 ? loss : loss.mul(each.lossWeight));
    }
    const terms = [...weighted, ...weightPenalties(model.blueprint, variables), ...scope.losses];
    return { loss: terms.reduce((sum, term) => sum.add(term)), losses, predictions, written: scope.written };
  });
}

/** Where losses and penalties take keyless random draws from: the step's key, but not what modules have of it. */
const keysOfLosses =
  ({ key }: CallOptions): KeySource =>
  () =>
    key === undefined
      ? new GradsmithError(
          "usage",
          "loss",
          "draws random numbers without a key, and there is none outside of training.",
          "Give the draw a key or a seed.",
        )
      : random.foldIn(key, lossDraws);
const lossDraws = -2;

/** A model called with these variables; `watched` modules' outputs are kept in the scope. */
export function traced(
  model: Traceable,
  variables: NamedTensors,
  x: Value,
  options: CallOptions = {},
  watched: readonly Module[] = [],
): { readonly output: Value; readonly scope: VariableScope } {
  const scope = new VariableScope(model, variables, { dtype: model.dtype, ...options }, watched);
  return { output: scope.run(entering(x, model.dtype)) as Value, scope };
}

/** Floats come into a model as those it computes in; integers stay what they are. */
export const entering = <V extends Value>(x: V, dtype: "f32" | "f64"): V =>
  (x instanceof Tensor ? entered(x, dtype) : map(x, isTensor, (leaf) => entered(leaf, dtype))) as V;
const entered = (leaf: Tensor, dtype: "f32" | "f64"): Tensor => (isFloat(leaf.dtype) ? leaf.cast(dtype) : leaf);

/**
 * The mean over the batch of an output's losses, each times its weight: Σ w·l / n, as in Keras. Where the prediction carries a mask, places
 * that don't count are left out of sum and n.
 */
function meanLoss({ loss, name }: Output, target: Tensor, prediction: Tensor, weight: Tensor | undefined): Tensor {
  const each = loss!.perSample(target, prediction);
  if (each.rank === 0 && (weight !== undefined || maskOf(prediction) !== undefined)) {
    throw new GradsmithError(
      "usage",
      "fit",
      `the loss${name === "" ? "" : ` of "${name}"`} is one number for the whole batch, which can't be weighted by sample.`,
      "Let it return a loss for each sample, [batch].",
    );
  }
  return maskedMean(weight === undefined ? each : each.mul(spread("fit", weight, each).cast(each.dtype)), prediction);
}

const weightPenalties = (blueprint: Blueprint, variables: NamedTensors): Tensor[] =>
  Object.entries(blueprint.variables).flatMap(([path, variable]) =>
    variable.regularizer === undefined || !isTrained(variable) ? [] : [variable.regularizer.penalty(variables[path]!)],
  );

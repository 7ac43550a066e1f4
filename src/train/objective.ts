import type { Blueprint } from "../nn/blueprint.ts";
import type { Loss } from "../nn/losses/loss.ts";
import { within } from "../nn/scope.ts";
import type { VariableScopeOptions } from "../nn/variable-scope.ts";
import { VariableScope } from "../nn/variable-scope.ts";
import type { NamedTensors } from "../optim/optimizer.ts";
import type { Tensor } from "../tensor/tensor.ts";

/** What has to be known of a model to trace it. */
export interface Traceable {
  readonly blueprint: Blueprint;
  forward(x: Tensor): Tensor;
}

export interface Objective {
  /** The mean loss of the batch with all penalties, a scalar. */
  readonly loss: Tensor;
  readonly prediction: Tensor;
  /** What layers wrote. */
  readonly written: NamedTensors;
}

/** What a training step makes small, traced for one batch. */
export function objective(
  model: Traceable,
  loss: Loss,
  variables: NamedTensors,
  x: Tensor,
  y: Tensor,
  options: VariableScopeOptions = {},
): Objective {
  const scope = new VariableScope(model.blueprint.names, variables, options);
  const prediction = within(scope, () => model.forward(x.cast(model.blueprint.input.dtype)));
  const known = scope.logitsOf(prediction);
  const useLogits = known !== undefined && loss.onLogits?.distribution === known.distribution;
  const perSample = useLogits ? loss.onLogits!.perSample(y, known.logits) : loss.perSample(y, prediction);
  const penalties = [...weightPenalties(model.blueprint, variables), ...scope.losses];
  return { loss: penalties.reduce((sum, penalty) => sum.add(penalty), perSample.mean()), prediction, written: scope.written };
}

const weightPenalties = ({ variables: specs }: Blueprint, variables: NamedTensors): Tensor[] =>
  Object.entries(specs).flatMap(([name, { regularizer }]) => (regularizer === undefined ? [] : [regularizer.penalty(variables[name]!)]));

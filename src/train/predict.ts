import { within } from "../nn/scope.ts";
import { VariableScope } from "../nn/variable-scope.ts";
import type { NamedTensors } from "../optim/optimizer.ts";
import { compile } from "../runtime/compile.ts";
import { staysLazy } from "../runtime/loop.ts";
import type { Precision } from "../runtime/precision.ts";
import { isGiven } from "../runtime/values.ts";
import { arange, full } from "../tensor/create.ts";
import { concat } from "../tensor/join.ts";
import type { Tensor } from "../tensor/tensor.ts";
import type { Traceable } from "./objective.ts";

export type Predictor = (variables: NamedTensors, x: Tensor, batchSize: number) => Tensor;

/** Programs by the size of their batch. */
type Programs = Map<number, ReturnType<typeof batchProgram>>;

/** What a model gives for samples, batch by batch through one program that is kept for later calls. */
export function predictor(model: Traceable, precision: Precision = "f32"): Predictor {
  const programs: Programs = new Map();
  const ofLazy = new WeakMap<Tensor, Programs>();
  return (variables, x, batchSize) => {
    const count = x.shape[0]!;
    // Scaled bytes, say, which as a whole would be four times as large: programs of their own compute them batch by batch.
    const isLazy = count > batchSize && !isGiven(x.node) && staysLazy(x.node);
    const known = isLazy ? (ofLazy.get(x) ?? new Map()) : programs;
    if (isLazy) ofLazy.set(x, known);
    const given = isLazy ? [] : [x];
    const parts: Tensor[] = [];
    for (let begin = 0; begin < count; begin += batchSize) {
      const size = Math.min(batchSize, count - begin);
      const run = known.get(size) ?? batchProgram(model, size, precision, isLazy ? x : undefined);
      known.set(size, run);
      const start = full([], begin, { dtype: "i32" });
      parts.push(run(variables, start, ...given));
    }
    return concat(parts);
  };
}

/** A program for batches of samples, of `own` where none are given. */
const batchProgram = (model: Traceable, size: number, precision: Precision, own: Tensor | undefined) =>
  compile(
    (variables: NamedTensors, start: Tensor, ...[x = own!]: readonly Tensor[]): Tensor => {
      const rows = arange(size).add(start);
      const batch = size === x.shape[0] ? x : x.gather(rows);
      return within(new VariableScope(model.blueprint.names, variables), () => model.forward(batch.cast(model.blueprint.input.dtype)));
    },
    { name: "predict", expectedRuns: 1, precision },
  );

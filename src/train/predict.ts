import { within } from "../nn/scope.ts";
import { VariableScope } from "../nn/variable-scope.ts";
import type { NamedTensors } from "../optim/optimizer.ts";
import { compile } from "../runtime/compile.ts";
import type { Precision } from "../runtime/precision.ts";
import { arange, full } from "../tensor/create.ts";
import { concat } from "../tensor/join.ts";
import type { Tensor } from "../tensor/tensor.ts";
import type { Traceable } from "./objective.ts";

export type Predictor = (variables: NamedTensors, x: Tensor, batchSize: number) => Tensor;

/** What a model gives for samples, batch by batch through one program that is kept for later calls. */
export function predictor(model: Traceable, precision: Precision = "f32"): Predictor {
  const programs = new Map<number, ReturnType<typeof batchProgram>>();
  const program = (size: number): ReturnType<typeof batchProgram> => {
    const known = programs.get(size) ?? batchProgram(model, size, precision);
    programs.set(size, known);
    return known;
  };
  return (variables, x, batchSize) => {
    const count = x.shape[0]!;
    const parts: Tensor[] = [];
    for (let begin = 0; begin < count; begin += batchSize) {
      const run = program(Math.min(batchSize, count - begin));
      const start = full([], begin, { dtype: "i32" });
      parts.push(run(variables, x, start));
    }
    return concat(parts);
  };
}

const batchProgram = (model: Traceable, size: number, precision: Precision) =>
  compile(
    (variables: NamedTensors, x: Tensor, start: Tensor): Tensor => {
      const rows = arange(size).add(start);
      const batch = size === x.shape[0] ? x : x.gather(rows);
      return within(new VariableScope(model.blueprint.names, variables), () => model.forward(batch.cast(model.blueprint.input.dtype)));
    },
    { name: "predict", expectedRuns: 1, precision },
  );

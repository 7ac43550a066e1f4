import { map } from "../core/tree.ts";
import type { Module, Value } from "../nn/module.ts";
import { namedLeaves } from "../nn/shapes.ts";
import type { NamedTensors } from "../optim/optimizer.ts";
import type { Precision } from "../runtime/precision.ts";
import { computeNow } from "../runtime/read.ts";
import { isTensor } from "../runtime/trace.ts";
import { TracedFunction } from "../runtime/traced-function.ts";
import { arange } from "../tensor/create.ts";
import { concat } from "../tensor/join.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { innerOutput } from "./inner-outputs.ts";
import type { Traceable } from "./objective.ts";
import { traced } from "./objective.ts";
import { integer } from "./programs.ts";
import { countOf } from "./samples.ts";

export type Predictor = (variables: NamedTensors, x: Value, batchSize: number) => Value;

/** What a model, or modules in it, give for samples, batch by batch through programs that are kept for later calls. */
export function predictor(model: Traceable, watched: readonly Module[], precision: Precision = "f32"): Predictor {
  const batch = new TracedFunction(
    (variables: NamedTensors, x: Value, start: Tensor, size: number): Value => {
      const rows = arange(size).add(start);
      const samples = size === countOf(x) ? x : (map(x, isTensor, (leaf) => leaf.gather(rows)) as Value);
      const { output, scope } = traced(model, variables, samples, {}, watched);
      if (watched.length === 0) return output;
      return Object.fromEntries(watched.map((module, i) => [i, innerOutput("predict", scope, module)]));
    },
    // Scaled bytes, say, which as a whole would be four times as large, are computed batch by batch.
    { name: "predict", precision, takesLazy: true, donations: () => new Map() },
  );
  const zero = integer(0);
  return (variables, x, batchSize) => {
    const count = countOf(x);
    // One batch is computed first: another slice of a data set would be another program.
    if (count <= batchSize) computeNow(namedLeaves(x).map(([, leaf]) => leaf));
    const parts: Value[] = [];
    for (let begin = 0; begin < count; begin += batchSize) {
      const size = Math.min(batchSize, count - begin);
      parts.push(batch.call([variables, x, begin === 0 ? zero : integer(begin), size], { expectedRuns: Math.ceil(count / batchSize) }));
    }
    return joined(parts);
  };
}

/** Batches one after the other, in the structure of each. */
function joined(parts: readonly Value[]): Value {
  const leaves = parts.map((part) => namedLeaves(part).map(([, leaf]) => leaf));
  return map(parts[0]!, isTensor, (_, i) => concat(leaves.map((part) => part[i]!))) as Value;
}

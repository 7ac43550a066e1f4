import { map } from "../core/tree.ts";
import type { Module, Value } from "../nn/module.ts";
import { namedLeaves } from "../nn/shapes.ts";
import type { NamedTensors } from "../optim/optimizer.ts";
import { compile } from "../runtime/compile.ts";
import { staysLazy } from "../runtime/loop.ts";
import type { Precision } from "../runtime/precision.ts";
import { isTensor } from "../runtime/trace.ts";
import { isGiven } from "../runtime/values.ts";
import { arange, full } from "../tensor/create.ts";
import { concat } from "../tensor/join.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { innerOutput } from "./inner-outputs.ts";
import type { Traceable } from "./objective.ts";
import { traced } from "./objective.ts";
import { countOf } from "./samples.ts";

export type Predictor = (variables: NamedTensors, x: Value, batchSize: number) => Value;

/** Programs by the size of their batch. */
type Programs = Map<number, ReturnType<typeof batchProgram>>;

/** What a model, or modules in it, give for samples, batch by batch through one program that is kept for later calls. */
export function predictor(model: Traceable, watched: readonly Module[], precision: Precision = "f32"): Predictor {
  const programs: Programs = new Map();
  const ofLazy = new WeakMap<Tensor, Programs>();
  return (variables, x, batchSize) => {
    const count = countOf(x);
    // Scaled bytes, say, which as a whole would be four times as large: programs of their own compute them batch by batch.
    const lazy = count > batchSize && isTensor(x) && !isGiven(x.node) && staysLazy(x.node) ? x : undefined;
    const known: Programs = lazy === undefined ? programs : (ofLazy.get(lazy) ?? new Map());
    if (lazy !== undefined) ofLazy.set(lazy, known);
    const given = lazy === undefined ? [x] : [];
    const parts: Value[] = [];
    for (let begin = 0; begin < count; begin += batchSize) {
      const size = Math.min(batchSize, count - begin);
      const run = known.get(size) ?? batchProgram(model, watched, size, precision, lazy);
      known.set(size, run);
      parts.push(run(variables, full([], begin, { dtype: "i32" }), ...given));
    }
    return joined(parts);
  };
}

/** Batches one after the other, in the structure of each. */
function joined(parts: readonly Value[]): Value {
  const leaves = parts.map((part) => namedLeaves(part).map(([, leaf]) => leaf));
  return map(parts[0]!, isTensor, (_, i) => concat(leaves.map((part) => part[i]!))) as Value;
}

/** A program for batches of samples, of `own` where none are given. */
const batchProgram = (model: Traceable, watched: readonly Module[], size: number, precision: Precision, own: Tensor | undefined) =>
  compile(
    (variables: NamedTensors, start: Tensor, ...[x = own!]: readonly Value[]): Value => {
      const rows = arange(size).add(start);
      const batch = size === countOf(x) ? x : (map(x, isTensor, (leaf) => leaf.gather(rows)) as Value);
      const { output, scope } = traced(model, variables, batch, {}, watched);
      if (watched.length === 0) return output;
      return Object.fromEntries(watched.map((module, i) => [i, innerOutput("predict", scope, module)]));
    },
    { name: "predict", expectedRuns: 1, precision },
  );

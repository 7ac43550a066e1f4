import { valueAndGrad } from "../../src/autodiff/grad.ts";
import type { TypedArray } from "../../src/core/dtype.ts";
import { showShape } from "../../src/core/shape.ts";
import type { Node } from "../../src/ir/graph.ts";
import type { Tensor } from "../../src/tensor/tensor.ts";
import { Context, type Steps } from "./context.ts";
import { floatSteps } from "./float-steps.ts";
import { integerSteps } from "./integer-steps.ts";
import { shapeSteps } from "./shape-steps.ts";
import type { Float, Value } from "./value.ts";
import { isFloating, precisionOf } from "./value.ts";

export interface RandomGraph {
  readonly roots: Node[];
  /** What was done, step by step. */
  readonly describe: string;
  /** The graph's inputs, in the order of their slots, with their values. */
  readonly inputs: ReadonlyMap<Node, TypedArray>;
  /** For each root how far an element may be from the exact value; 0 where it must be equal. */
  readonly tolerances: readonly number[];
  /** How far besides, by the largest element of all roots: gradients may cancel to 0. 0 by default. */
  readonly relative?: number;
}

const families: readonly Steps[] = [floatSteps, integerSteps, shapeSteps];
const largest = 6000;

/** The same graph for the same seed: 3 to 14 random steps, each from one of the last values, and up to three roots. One in five is of f64. */
export function randomGraph(seed: number, float?: Float): RandomGraph {
  const context = new Context(seed, float);
  const first = context.source(context.shape(), context.pick([context.float, context.float, context.float, "i32", "u32", "u8", "bool"]));
  const { values, lines } = grown(first, context);
  const chosen = [
    ...new Set([values.length - 1, ...(context.chance(2) ? [context.below(values.length)] : []), ...(context.chance(4) ? [0] : [])]),
  ];
  const kept = chosen.map((i) => values[i]!);
  const { spacing } = precisionOf[context.float];
  return {
    roots: kept.map(({ tensor }) => tensor.node),
    describe: `seed ${seed}, ${context.float}; ${lines.join("; ")}; roots ${chosen.join(", ")}`,
    inputs: context.inputs,
    tolerances: kept.map(({ error }) => 4 * error * spacing),
  };
}

/** The gradient, for the first value, of a weighted sum of the last values of floats. */
export function graphGradient(seed: number, float: "f32" | "f64"): RandomGraph {
  const context = new Context(seed + 2e6, float);
  const first = context.source(context.shape(), float);
  let lines: readonly string[] = [];
  const both = valueAndGrad(
    (tensor: Tensor) => {
      const graph = grown({ ...first, tensor }, context);
      lines = graph.lines;
      const floats = graph.values.filter(isFloating).slice(-3);
      const sums = floats.map(({ tensor }) => tensor.mul(context.source(tensor.shape, float).tensor).sum());
      return [sums.reduce((sum, each) => sum.add(each)), floats.map(({ tensor }) => tensor)] as const;
    },
    { hasAux: true },
  );
  const { aux, grads } = both(first.tensor);
  const roots = [...aux, grads].map(({ node }) => node);
  return {
    roots,
    describe: `gradient of seed ${seed}, ${float}; ${lines.join("; ")}`,
    inputs: context.inputs,
    tolerances: roots.map(() => 0),
    relative: float === "f32" ? 1e-3 : 1e-10,
  };
}

/** A value with what random steps make of it, each from one of the last values. */
function grown(first: Value, context: Context): { readonly values: readonly Value[]; readonly lines: readonly string[] } {
  const values = [first];
  const lines = [`${first.tensor.dtype} ${showShape(first.tensor.shape)}`];
  for (let wanted = context.between(3, 14); wanted > 0; wanted--) {
    const from = context.chance(4) ? context.below(values.length) : values.length - 1;
    const [name, value] = grow(values[from]!, context);
    lines.push(`${values.length}: ${from} ${name} -> ${value.tensor.dtype} ${showShape(value.tensor.shape)}`);
    values.push(value);
  }
  return { values, lines };
}

/** The first step drawn that applies, and keeps sizes and errors small. */
function grow(value: Value, context: Context): [name: string, value: Value] {
  for (;;) {
    const [name, step] = context.pick(Object.entries(context.pick(families)));
    const next = step(value, context);
    if (next === undefined || next.tensor.size > largest || next.tensor.rank > 6 || Number.isNaN(next.bound) || isTooFar(next, context))
      continue;
    return [name, next];
  }
}

/** Whether nothing could be said about the value any more. */
function isTooFar(value: Value, { float }: Context): boolean {
  const { spacing, largest } = precisionOf[float];
  return value.error > Math.min(1e5, 0.5 / spacing) || (isFloating(value) && value.bound > largest);
}

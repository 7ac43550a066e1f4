import type { Storage } from "../../src/backends/cpu/storage.ts";
import { evaluateGraph } from "../../src/backends/reference/evaluate.ts";
import { decode } from "../../src/core/encoding.ts";
import type { Node } from "../../src/ir/graph.ts";
import { currentBackend } from "../../src/runtime/settings.ts";
import { Held, memoryOf } from "../../src/runtime/values.ts";
import type { Tensor } from "../../src/tensor/tensor.ts";

/** What a buffer or a literal holds, while the cpu is the device. */
export const storageOf = (source: Node): Storage => memoryOf(source, currentBackend()) as Storage;

/** A tensor's elements as the reference backend computes them, in float64. */
export function evaluated(tensor: Tensor): number[] {
  const [values] = evaluateGraph([tensor.node], (source) => {
    if (source.attributes instanceof Held) return decode(storageOf(source).peek(), source.type.dtype);
    throw new Error(`the graph depends on the ${source.op.name} node ${source.id}`);
  });
  return Array.from(values!);
}

/** The largest |a − b| / (1 + |b|). */
export function distance(a: readonly number[], b: readonly number[]): number {
  if (a.length !== b.length) return Infinity;
  return a.reduce((worst, x, i) => Math.max(worst, Number.isFinite(x) ? Math.abs(x - b[i]!) / (1 + Math.abs(b[i]!)) : Infinity), 0);
}

/** Nested arrays as one list. */
export const flat = (nested: unknown): number[] => (Array.isArray(nested) ? nested.flatMap(flat) : [nested as number]);

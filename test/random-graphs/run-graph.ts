import { Storage, storageFrom } from "../../src/backends/cpu/storage.ts";
import type { Tier } from "../../src/backends/cpu/tier.ts";
import { evaluateGraph } from "../../src/backends/reference/evaluate.ts";
import { compile } from "../../src/compiler/compile.ts";
import { byteLengthOf, decode } from "../../src/core/encoding.ts";
import type { Node } from "../../src/ir/graph.ts";
import { isGiven, topological } from "../../src/ir/graph.ts";
import { verifyProgram } from "../../src/ir/verify.ts";
import { storageOf } from "../contract/evaluated.ts";
import type { RandomGraph } from "./generate.ts";

const storageIn = ({ inputs }: RandomGraph, node: Node): Storage => {
  const data = inputs.get(node);
  return data === undefined ? storageOf(node) : storageFrom(data, node.type);
};

/** A graph's results on a backend, and how many kernels they took. */
function run(graph: RandomGraph, backend: Tier, fusion: boolean): { readonly values: ArrayLike<number>[]; readonly calls: number } {
  const { roots } = graph;
  const inputs = topological(roots).filter(isGiven);
  const { program, outputs } = compile({ name: "random", inputs, outputs: roots }, backend.target, { fusion });
  verifyProgram(program);
  const storages = program.arguments.map(({ buffer }, i) => {
    const { dtype, length } = program.buffers[buffer]!;
    return i < inputs.length ? storageIn(graph, inputs[i]!) : new Storage(byteLengthOf({ dtype, shape: [length] }));
  });
  backend.compile(program).run(storages, 1);
  return {
    values: outputs.map(({ argument }, i) => decode(storages[argument]!.peek(), roots[i]!.type.dtype)),
    calls: program.calls.length,
  };
}

const largestOf = (values: ArrayLike<number>): number =>
  Array.from(values).reduce((largest, value) => (Number.isFinite(value) ? Math.max(largest, Math.abs(value)) : largest), 0);

/**
 * What is wrong with a backend's results, fused or not, by the reference's; or that fusing made more kernels. Undefined where all is well. Large
 * graphs are looked at as they run, which is fused.
 */
export function mismatch(graph: RandomGraph, backend: Tier, { isLarge = false }: { readonly isLarge?: boolean } = {}): string | undefined {
  const { roots, tolerances, describe, relative = 0 } = graph;
  const wanted = evaluateGraph(roots, (node) => decode(storageIn(graph, node).peek(), node.type.dtype));
  const slack = relative === 0 ? 0 : relative * Math.max(...wanted.map(largestOf));
  const fused = run(graph, backend, true);
  const plain = isLarge ? fused : run(graph, backend, false);
  if (fused.calls > plain.calls) return `fused it takes ${fused.calls} kernels, else ${plain.calls}.\n${describe}`;
  for (const { values } of [fused, plain]) {
    for (const [i, want] of wanted.entries()) {
      const got = values[i]!;
      if (got.length !== want.length) return `output ${i} has ${got.length} elements, the reference's ${want.length}.\n${describe}`;
      const tolerance = tolerances[i]! + slack;
      const j = want.findIndex((w, k) => !(got[k] === w || Object.is(got[k], w) || Math.abs(got[k]! - w) <= tolerance));
      if (j >= 0) {
        const how = values === fused.values ? "fused" : "not fused";
        return `${how}, output ${i} [${j}] is ${got[j]}, the reference says ${want[j]}, give or take ${tolerance}.\n${describe}`;
      }
    }
  }
  return undefined;
}

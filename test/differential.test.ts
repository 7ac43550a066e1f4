import { describe, expect, it } from "vitest";
import type { Backend } from "../src/backends/backend.ts";
import { nativeAvailability, nativeBackend } from "../src/backends/cpu/native.ts";
import { wasmBackend } from "../src/backends/cpu/wasm.ts";
import { evaluateGraph } from "../src/backends/reference/evaluate.ts";
import { Storage } from "../src/backends/storage.ts";
import { compile } from "../src/compiler/compile.ts";
import { sizeOf } from "../src/core/shape.ts";
import type { LiteralAttributes } from "../src/ir/graph.ts";
import { topological } from "../src/ir/graph.ts";
import { verifyProgram } from "../src/ir/verify.ts";
import { byteLengthOf, decode, isGiven, storageFrom } from "../src/runtime/values.ts";
import type { RandomGraph } from "./random-graphs/generate.ts";
import { randomGraph } from "./random-graphs/generate.ts";

/** Runs a graph, and says how many kernels it took. */
function run(graph: RandomGraph, backend: Backend, fusion: boolean): { values: ArrayLike<number>[]; calls: number } {
  const { roots, inputs: data } = graph;
  const inputs = topological(roots).filter(isGiven);
  const { program, outputs } = compile({ name: "random", inputs, outputs: roots }, backend.limits, { fusion });
  verifyProgram(program);
  const storages = program.arguments.map(({ buffer }, i) => {
    const { dtype, length } = program.buffers[buffer]!;
    const type = { dtype, shape: [length] };
    return i < inputs.length
      ? storageFrom(data.get(inputs[i]!) ?? (inputs[i]!.attributes as LiteralAttributes).data, type)
      : new Storage(byteLengthOf(type));
  });
  backend.compile(program).run(storages, 1);
  return {
    values: outputs.map(({ argument }, i) => decode(storages[argument]!.peek(), roots[i]!.type.dtype)),
    calls: program.calls.length,
  };
}

const backends: { name: string; make: () => Backend; seeds: number }[] = [
  { name: "wasm", make: () => wasmBackend({ relaxedSimd: false }), seeds: 150 },
  // Each program takes a C compiler's time.
  ...(nativeAvailability().available ? [{ name: "native", make: () => nativeBackend(), seeds: 25 }] : []),
];

describe.each(backends)("on $name", ({ make, seeds }) => {
  const backend = make();
  it.each(Array.from({ length: seeds }, (_, seed) => seed))("random graph %i: fused = unfused = reference, in fewer kernels", (seed) => {
    const graph = randomGraph(seed);
    const { roots, inputs, describe: text, tolerances } = graph;
    const want = evaluateGraph(roots, (node) => inputs.get(node)!);
    const fused = run(graph, backend, true);
    const plain = run(graph, backend, false);
    expect(fused.calls, text).toBeLessThanOrEqual(plain.calls);
    roots.forEach((root, i) => {
      for (const { values } of [fused, plain]) {
        const got = values[i]!;
        expect(got.length).toBe(sizeOf(root.type.shape));
        for (let j = 0; j < got.length; j++) {
          const isClose = got[j] === want[i]![j] || Object.is(got[j], want[i]![j]) || Math.abs(got[j]! - want[i]![j]!) <= tolerances[i]!;
          if (!isClose)
            expect.fail(`output ${i} [${j}] is ${got[j]}, the reference says ${want[i]![j]}, give or take ${tolerances[i]}.\n${text}`);
        }
      }
    });
  });
});

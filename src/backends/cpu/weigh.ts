import type { Traced } from "../../compiler/compile.ts";
import { letterSizes } from "../../compiler/contraction.ts";
import { operationsOf } from "../../compiler/estimate-operations.ts";
import { byteLengthOf } from "../../core/encoding.ts";
import { sizeOf } from "../../core/shape.ts";
import type { Node } from "../../ir/graph.ts";
import { topological } from "../../ir/graph.ts";
import type { ScanLoop } from "../../ir/scan.ts";
import { isScan, resultOf } from "../../ir/scan.ts";

/**
 * Operations from which the native tier pays: a compiler takes about half a second, in which the wasm tier does about this much. The
 * estimate depends on the graph alone, never on a clock or a cache, so the same program takes the same tier every time.
 */
const worthCompiling = 4e9;
/** Programs over more memory than this are compiled all the same: WebAssembly copies it in and out, and has 4 GiB. */
const mostCopied = 2 ** 30;

/** Whether a program's work outweighs a compiler's, or its memory is more than WebAssembly should hold. */
export function weighed({ inputs, outputs, donations }: Traced, expectedRuns: number): { isWorthIt: boolean; reason: string } {
  const handed = [...inputs, ...outputs.filter((_, i) => donations?.has(i) !== true)];
  if (handed.reduce((sum, { type }) => sum + byteLengthOf(type), 0) > mostCopied)
    return { isWorthIt: true, reason: "more memory than WebAssembly should hold" };
  // Most programs are far from the border, and told by a look at their nodes' sizes.
  const { least, most } = boundsOf(outputs);
  if (most * expectedRuns < worthCompiling)
    return { isWorthIt: false, reason: `at most ${(most * expectedRuns).toExponential(1)} operations: not worth a compiler's time` };
  if (least * expectedRuns > surely * worthCompiling)
    return { isWorthIt: true, reason: `${(least * expectedRuns).toExponential(1)} operations in products: worth compiling C` };
  const operations = operationsOf(outputs) * expectedRuns;
  const isWorthIt = operations >= worthCompiling;
  return {
    isWorthIt,
    reason: `${operations.toExponential(1)} operations: ${isWorthIt ? "worth compiling C" : "not worth a compiler's time"}`,
  };
}

/** Products that are seen in the graph may be saved; with so many times what a compiler takes, enough are left. */
const surely = 4;
/** No scalar expression has more instructions for each of its elements and those around it. */
const mostInstructions = 64;

/** Bounds of a graph's operations: its products alone, and no node costing more than any does. */
function boundsOf(roots: readonly Node[]): { readonly least: number; readonly most: number } {
  const loops = new Set<ScanLoop>();
  let [least, most] = [0, 0];
  for (const node of topological(roots)) {
    if (node.op.kind === "contract") least += [...letterSizes(node).values()].reduce((count, size) => count * size, 2);
    const sizes = [node, ...node.inputs].map(({ type }) => sizeOf(type.shape));
    most += mostInstructions * Math.max(...sizes);
    const { loop } = isScan(node) ? resultOf(node) : {};
    if (loop === undefined || loops.has(loop)) continue;
    loops.add(loop);
    const { length, carries, outputs } = loop.body;
    const inner = boundsOf([...carries.map(({ next }) => next), ...outputs]);
    least += length * inner.least;
    most += length * inner.most;
  }
  return { least, most: most + least };
}

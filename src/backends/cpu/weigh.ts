import type { Traced } from "../../compiler/compile.ts";
import { operationsOf } from "../../compiler/estimate-operations.ts";
import { byteLengthOf } from "../../core/encoding.ts";

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
  const operations = operationsOf(outputs) * expectedRuns;
  const isWorthIt = operations >= worthCompiling;
  return {
    isWorthIt,
    reason: `${operations.toExponential(1)} operations: ${isWorthIt ? "worth compiling C" : "not worth a compiler's time"}`,
  };
}

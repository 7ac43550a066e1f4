import type { Kernel } from "../../ir/kernel.ts";
import type { Program } from "../../ir/program.ts";
import { eachCall } from "../../ir/program.ts";
import { nodeEntry } from "./entry.ts";
import { printKernel } from "./kernel.ts";
import { overlappingKernels } from "./overlap.ts";
import { Prelude } from "./prelude.ts";
import { functionName, isThreaded, printStep, threadedBody } from "./step.ts";

/**
 * A whole program as one C file: typedefs and small functions, one function for each kernel, `step`, and the door through which Node calls it.
 * Written for GCC and Clang, whose vector extensions it uses; it includes no header and needs no library.
 */
export function printC(program: Program): string {
  const prelude = new Prelude();
  const overlapping = overlappingKernels(program);
  const kernels = program.kernels.map((kernel, i) => printOne(kernel, i, prelude, !overlapping.has(i)));
  const head = `/* ${program.name.replaceAll("*/", "")}: ${count(eachCall(program.calls).length, "call")} of ${count(kernels.length, "kernel")}. Printed by Gradsmith. */`;
  return `${[head, attributes, prelude.text(), ...kernels, printStep(program), nodeEntry].filter((part) => part !== "").join("\n\n")}\n`;
}

const attributes = `#define INLINE static inline __attribute__((always_inline))
#define NOINLINE __attribute__((noinline))`;

const count = (n: number, noun: string): string => `${n} ${noun}${n === 1 ? "" : "s"}`;

function printOne(kernel: Kernel, place: number, prelude: Prelude, isDisjoint: boolean): string {
  const body = printKernel(kernel, prelude, { name: functionName(kernel, place), isDisjoint });
  return isThreaded(kernel) ? `${body}\n\n${threadedBody(kernel, place)}` : body;
}

export { isThreaded };

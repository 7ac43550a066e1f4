import type { Program } from "../../ir/program.ts";
import { eachCall } from "../../ir/program.ts";
import { nodeEntry } from "./entry.ts";
import { printKernel } from "./kernel.ts";
import { overlappingKernels } from "./overlap.ts";
import { Prelude } from "./prelude.ts";
import { functionName, isThreaded, printStep, threadedBody, threadedKernels } from "./step.ts";

/** A program printed once, to be had as one file or as several. */
export function printSource(program: Program): { readonly text: string; pieces(count: number): string[] } {
  const parts = printed(program);
  return { text: whole(parts), pieces: (count) => divided(parts, count) };
}

/**
 * A whole program as one C file: typedefs and small functions, one function for each kernel, `step`, and the door through which Node calls it.
 * Written for GCC and Clang, whose vector extensions it uses; it includes no header and needs no library.
 */
export const printC = (program: Program): string => whole(printed(program));

function whole({ head, kernels, last }: Printed): string {
  return file(head, kernels.map(({ text, part }) => (part === "" ? text : `${text}\n\n${part}`)).join("\n\n"), last);
}

/**
 * The same program as files to be compiled side by side and linked: kernels divided by the length of their text, which is what a compiler's
 * time goes by. The last file also has what calls them.
 */
export const printPieces = (program: Program, count: number): string[] => divided(printed(program), count);

function divided({ head, kernels, last }: Printed, count: number): string[] {
  const pieces = Array.from({ length: count }, () => ({ texts: [] as string[], length: 0 }));
  for (const { text } of [...kernels].sort((a, b) => b.text.length - a.text.length)) {
    const least = pieces.reduce((x, y) => (y.length < x.length ? y : x));
    least.texts.push(text.replace(/^static /, ""));
    least.length += text.length;
  }
  const declarations = kernels.map(({ text }) => `${text.slice(0, text.indexOf(" {")).replace(/^static /, "")};`);
  const parts = kernels.map(({ part }) => part);
  return pieces.map(({ texts }, i) =>
    i < count - 1 ? file(head, ...texts) : file(head, declarations.join("\n"), ...texts, ...parts, last),
  );
}

interface Printed {
  /** What every file begins with. */
  readonly head: string;
  /** Each kernel as a function, and as the thread pool calls it. */
  readonly kernels: readonly { readonly text: string; readonly part: string }[];
  /** What calls the kernels. */
  readonly last: string;
}

function printed(program: Program): Printed {
  const prelude = new Prelude();
  const overlapping = overlappingKernels(program);
  const threaded = threadedKernels(program);
  const kernels = program.kernels.map((kernel, i) => ({
    text: printKernel(kernel, prelude, { name: functionName(kernel, i), isDisjoint: !overlapping.has(i) }),
    part: threaded.has(i) ? threadedBody(kernel, i) : "",
  }));
  const title = `/* ${program.name.replaceAll("*/", "")}: ${count(eachCall(program.calls).length, "call")} of ${count(kernels.length, "kernel")}. Printed by Gradsmith. */`;
  return {
    head: `${title}\n\n${attributes}\n\n${prelude.text()}`.trimEnd(),
    kernels,
    last: `${printStep(program, threaded)}\n\n${nodeEntry}`,
  };
}

const file = (...parts: readonly string[]): string => `${parts.filter((part) => part !== "").join("\n\n")}\n`;

const attributes = `#define INLINE static inline __attribute__((always_inline))
#define NOINLINE __attribute__((noinline))`;

const count = (n: number, noun: string): string => `${n} ${noun}${n === 1 ? "" : "s"}`;

export { isThreaded };

import type { Kernel } from "../../ir/kernel.ts";
import type { Call, Program } from "../../ir/program.ts";
import { cNames, storageLane } from "./lane-type.ts";

/**
 * A kernel is divided among threads when one thread would need longer than this. Handing work to a thread that is still spinning costs 1 to 2
 * microseconds, waking a sleeping one 30 to 50; the estimate is optimistic about the kernel, so what passes is worth either.
 */
const threadingNanoseconds = 10_000;
/** What one core does in a nanosecond, at best. */
const operationsPerNanosecond = 50;
const bytesPerNanosecond = 20;

export function isThreaded({ work, range }: Kernel): boolean {
  return range.extent > 1 && work.operations / operationsPerNanosecond + work.bytes / bytesPerNanosecond > threadingNanoseconds;
}

/** Distinct for each kernel of a program, whatever the kernels are called. */
export const functionName = (kernel: Kernel, place: number): string => `kernel${place}_${kernel.name.replace(/[^A-Za-z0-9_]/g, "_")}`;

/** A kernel as the thread pool calls it. */
export function threadedBody(kernel: Kernel, place: number): string {
  const name = functionName(kernel, place);
  const passed = kernel.buffers.filter((buffer) => buffer.access !== "scratch").map((_, i) => `m[${i}]`);
  return [
    `static void ${name}_part(void *const *m, long begin, long end) {`,
    `  ${name}(${[...passed, "begin", "end"].join(", ")});`,
    "}",
  ].join("\n");
}

/** The function that runs every call once. */
export function printStep(program: Program): string {
  const used = new Set(program.calls.flatMap((call) => call.buffers));
  const buffers = [...used].sort((a, b) => a - b).map((buffer) => `  ${declare(program, buffer)}`);
  const calls = program.calls.map((call) => `  ${printCall(program, call)}`);
  return [
    "typedef void Body(void *const *buffers, long begin, long end);",
    "typedef void Parallel(Body *body, void *const *buffers, long extent, int threads);",
    "",
    "static void step(void *const *arguments, char *arena, Parallel *parallel, int threads) {",
    ...buffers,
    ...calls,
    "}",
  ].join("\n");
}

function declare(program: Program, buffer: number): string {
  const { place, dtype } = program.buffers[buffer]!;
  const type = cNames[storageLane[dtype]];
  if (place.kind !== "argument") return `${type} *const b${buffer} = (${type} *)(arena + ${place.offset});`;
  return `${type} *const b${buffer} = arguments[${program.arguments.findIndex((argument) => argument.buffer === buffer)}];`;
}

function printCall(program: Program, call: Call): string {
  const kernel = program.kernels[call.kernel]!;
  const name = functionName(kernel, call.kernel);
  const buffers = call.buffers.map((buffer) => `b${buffer}`);
  if (!isThreaded(kernel)) return `${name}(${[...buffers, "0", kernel.range.extent].join(", ")});`;
  return `parallel(${name}_part, (void *[]){${buffers.join(", ")}}, ${kernel.range.extent}, threads);`;
}

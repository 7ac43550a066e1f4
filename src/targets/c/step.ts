import type { Kernel } from "../../ir/kernel.ts";
import { handedBuffers } from "../../ir/kernel.ts";
import type { Call, Program, Repeat } from "../../ir/program.ts";
import { eachCall, homeOf, isRepeat } from "../../ir/program.ts";
import { cNames, storageLane } from "./lane-type.ts";

/**
 * A kernel is divided among threads when one thread would need longer than this. Handing work to a thread that is still spinning costs 1 to 2
 * microseconds, waking a sleeping one 30 to 50; the estimate is optimistic about the kernel, so what passes is worth either.
 */
const threadingNanoseconds = 10_000;
/**
 * In a program that divides a kernel, threads are awake and each has part of what was computed in its own cache: for one thread to fetch the
 * rest takes 3.5 nanoseconds a line, and 7 where it writes next.
 */
const awakeNanoseconds = 2_000;
/** What one core does in a nanosecond, at best. */
const operationsPerNanosecond = 50;
const bytesPerNanosecond = 20;

const takes = ({ work, range }: Kernel): number =>
  range.extent > 1 ? work.operations / operationsPerNanosecond + work.bytes / bytesPerNanosecond : 0;

/** Whether a kernel is worth waking threads for. */
export const isThreaded = (kernel: Kernel): boolean => takes(kernel) > threadingNanoseconds;

/** By the same estimate, a kernel that takes long: on a core with wide vectors 30 microseconds. */
const longNanoseconds = 120_000;

/**
 * Chunks for each thread. With two, one that starts late costs at most half its share. Long kernels have more: two cores are never equally fast for
 * long, and whoever is ahead takes over from the other (steps of W4 and W5, two cores of a shared machine: 2 to 8% less in the median). Claiming them
 * would be felt in short ones (W2: 4% more).
 */
const chunksForEach = (kernel: Kernel): number => (takes(kernel) > longNanoseconds ? 8 : 2);

/** The kernels of a program that are divided among threads, by their place. */
export function threadedKernels({ kernels }: Program): ReadonlySet<number> {
  if (!kernels.some(isThreaded)) return new Set();
  return new Set([...kernels.keys()].filter((place) => takes(kernels[place]!) > awakeNanoseconds));
}

/** Distinct for each kernel of a program, whatever the kernels are called. */
export const functionName = (kernel: Kernel, place: number): string => `kernel${place}_${kernel.name.replace(/[^A-Za-z0-9_]/g, "_")}`;

/** A kernel as the thread pool calls it. */
export function threadedBody(kernel: Kernel, place: number): string {
  const name = functionName(kernel, place);
  const passed = handedBuffers(kernel).map((_, i) => `m[${i}]`);
  return [
    `static void ${name}_part(void *const *m, long begin, long end) {`,
    `  ${name}(${[...passed, "begin", "end"].join(", ")});`,
    "}",
  ].join("\n");
}

/** The function that runs every call once; `threaded` are the kernels that are divided. */
export function printStep(program: Program, threaded: ReadonlySet<number>): string {
  const inLoops = new Set(viewsIn(program.calls));
  const used = new Set(
    eachCall(program.calls)
      .flatMap(({ call }) => call.buffers)
      .flatMap((buffer) => [buffer, homeOf(program.buffers, buffer)]),
  );
  const outside = program.buffers
    .map((_, i) => i)
    .filter((i) => !inLoops.has(i) && (used.has(i) || program.buffers[i]!.place.kind === "view"));
  return [
    "typedef void Body(void *const *buffers, long begin, long end);",
    "typedef void Parallel(Body *body, void *const *buffers, long extent, int threads, int each);",
    "",
    "static void step(void *const *arguments, char *arena, Parallel *parallel, int threads) {",
    ...outside.map((buffer) => `  ${declare(program, buffer, "")}`),
    ...printCalls(program, program.calls, threaded, "  "),
    "}",
  ].join("\n");
}

const viewsIn = (calls: readonly (Call | Repeat)[]): number[] =>
  calls.flatMap((step) => (isRepeat(step) ? [...step.views, ...viewsIn(step.calls)] : []));

function printCalls(program: Program, calls: readonly (Call | Repeat)[], threaded: ReadonlySet<number>, indent: string): string[] {
  return calls.flatMap((step) => {
    if (!isRepeat(step)) return [`${indent}${printCall(program, step, threaded)}`];
    const turn = `t${indent.length / 2}`;
    return [
      `${indent}for (long ${turn} = 0; ${turn} < ${step.repeat}; ${turn}++) {`,
      ...step.views.map((view) => `${indent}  ${declare(program, view, turn)}`),
      ...printCalls(program, step.calls, threaded, `${indent}  `),
      `${indent}}`,
    ];
  });
}

function declare(program: Program, buffer: number, turn: string): string {
  const { place, dtype } = program.buffers[buffer]!;
  const type = cNames[storageLane[dtype]];
  if (place.kind === "view") {
    const moved = place.step === 0 || turn === "" ? "" : ` + ${turn} * ${place.step < 0 ? `(${place.step})` : place.step}`;
    return `${type} *const b${buffer} = b${place.of} + ${place.start}${moved};`;
  }
  if (place.kind !== "argument") return `${type} *const b${buffer} = (${type} *)(arena + ${place.offset});`;
  return `${type} *const b${buffer} = arguments[${program.arguments.findIndex((argument) => argument.buffer === buffer)}];`;
}

function printCall(program: Program, call: Call, threaded: ReadonlySet<number>): string {
  const kernel = program.kernels[call.kernel]!;
  const name = functionName(kernel, call.kernel);
  const buffers = call.buffers.map((buffer) => `b${buffer}`);
  if (!threaded.has(call.kernel)) return `${name}(${[...buffers, "0", kernel.range.extent].join(", ")});`;
  return `parallel(${name}_part, (void *[]){${buffers.join(", ")}}, ${kernel.range.extent}, threads, ${chunksForEach(kernel)});`;
}

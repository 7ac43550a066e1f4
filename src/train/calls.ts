import type { EventLoopPauses } from "../backends/event-loop.ts";
import type { BoundStep } from "../runtime/loop.ts";

/** How many steps a call has: a number, or by the work in a step. */
export type StepsPerCall = number | "auto";

/** What a step costs besides its operations, in operations. */
const overhead = 2e4;

/**
 * How many steps of such a program a call has. The rule looks at the program alone, never at a clock, so that calls end at the same steps in every
 * run.
 */
export function stepsOf({ program: { executable } }: BoundStep, wished: StepsPerCall): number {
  if (wished !== "auto") return wished;
  return Math.max(1, Math.floor(executable.operationsPerCall / (executable.operations + overhead)));
}

/** Steps in a row, from one boundary of calls to the next; the boundaries are at multiples of `size`. Gives how many are done after each. */
export async function* calls(
  step: BoundStep,
  { from, to, size, pauses }: { readonly from: number; readonly to: number; readonly size: number; readonly pauses: EventLoopPauses },
): AsyncGenerator<number> {
  for (let done = from; done < to; ) {
    const next = Math.min(to, (Math.floor(done / size) + 1) * size);
    step.run(next - done);
    done = next;
    if (pauses.isDue) await pauses.pause();
    yield done;
  }
}

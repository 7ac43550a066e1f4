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

/** One pass over samples: steps of whole batches, and perhaps a last step of the samples that are left. */
export interface PassSteps {
  readonly main: BoundStep;
  /** How many whole batches there are. */
  readonly whole: number;
  readonly last: BoundStep | undefined;
}

export const countOfSteps = ({ whole, last }: PassSteps): number => whole + (last === undefined ? 0 : 1);

/**
 * The steps of a pass from one on, in calls whose boundaries are at multiples of `size` and at the end of the pass. Gives how many steps are done after
 * each.
 */
export async function* calls(
  steps: PassSteps,
  { from, size, pauses }: { readonly from: number; readonly size: number; readonly pauses: EventLoopPauses },
): AsyncGenerator<number> {
  const { main, whole, last } = steps;
  const count = countOfSteps(steps);
  for (let done = from; done < count; ) {
    const next = Math.min(count, (Math.floor(done / size) + 1) * size);
    main.run(Math.min(next, whole) - done);
    if (next > whole) last?.run(1);
    done = next;
    if (pauses.isDue) await pauses.pause();
    yield done;
  }
}

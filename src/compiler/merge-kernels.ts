import type { Limits } from "../ir/limits.ts";
import type { Call, Repeat } from "../ir/program.ts";
import { eachCall, isRepeat } from "../ir/program.ts";
import type { Memory } from "./kernel-scope.ts";
import type { Made } from "./merging.ts";
import { Merging } from "./merging.ts";
import { recomputeKernels } from "./recompute-kernels.ts";

/**
 * Makes one kernel of kernels whose iterations need, of what the others write, only what the same iteration of those wrote: of each image in
 * turn the padded copy, its convolution and the sums of batch normalisation, while the image is in the cache. What nobody else needs has memory
 * for one iteration only. First those with equally many iterations, so that such memory is small, then those of which one has a multiple.
 */
export function mergeKernels(made: Made, limits: Limits): Made {
  const equal = new Merging(recomputeKernels(made, limits), limits, false).run();
  return used(new Merging(equal, limits, true).run());
}

/** Without memory that no call names, which merged kernels leave behind. */
function used({ kernels, calls: made, memories: all, given }: Made): Made {
  const named = new Set([...given, ...eachCall(made).flatMap(({ call }) => call.buffers)]);
  for (const id of named) for (let { view } = all[id]!; view !== undefined; { view } = all[view.of]!) named.add(view.of);
  const kept = all.filter(({ id, view }) => named.has(id) || view !== undefined);
  const number = new Map(kept.map(({ id }, i) => [id, i]));
  const renumbered = (ids: readonly number[]): number[] => ids.map((id) => number.get(id)!);
  const calls = (steps: readonly (Call | Repeat)[]): (Call | Repeat)[] =>
    steps.map((step) =>
      isRepeat(step)
        ? { ...step, views: renumbered(step.views), calls: calls(step.calls) }
        : { ...step, buffers: renumbered(step.buffers) },
    );
  const memories = kept.map(
    (memory, id): Memory => ({ ...memory, id, ...(memory.view && { view: { ...memory.view, of: number.get(memory.view.of)! } }) }),
  );
  return { kernels, memories, calls: calls(made), given: renumbered(given) };
}

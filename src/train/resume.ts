import { GradsmithError } from "../core/errors.ts";
import { showType } from "../core/shape.ts";
import { flatten, paths } from "../core/tree.ts";
import type { NamedTensors } from "../optim/optimizer.ts";
import { isTensor } from "../runtime/trace.ts";
import type { Tensor } from "../tensor/tensor.ts";
import type { Checkpoint, Place } from "./checkpoint.ts";
import type { FitOptions } from "./fit-options.ts";
import { overwrite } from "./overwrite.ts";
import type { Progressing } from "./training-step.ts";

/** Where training begins. */
export function placeOf({ seed, initialEpoch }: FitOptions, resumed: Checkpoint | undefined): Place {
  if (resumed === undefined) return { seed: seed ?? 0, epoch: initialEpoch ?? 0, batch: 0 };
  const { place } = resumed;
  const others = { seed: [seed, place.seed], initialEpoch: [initialEpoch, place.epoch] } as const;
  for (const [name, [given, found]] of Object.entries(others)) {
    if (given !== undefined && given !== found)
      throw new GradsmithError(
        "option",
        "fit",
        `${name} is ${given}, but the training in resumeFrom has ${found}.`,
        `Leave out ${name}: the file says it.`,
      );
  }
  return place;
}

/** What a training carries from step to step besides the state of its model, by name. */
const carried = ({ tally, firstBad }: Progressing): { readonly tally: Progressing["tally"]; readonly firstBad: Tensor } => ({
  tally,
  firstBad,
});

export function extraOf(progressing: Progressing): NamedTensors {
  const { leaves } = flatten(carried(progressing), isTensor);
  return Object.fromEntries(paths(carried(progressing), isTensor).map((path, i) => [path, leaves[i]!]));
}

/** Puts what a checkpoint holds of it in its place. */
export async function restore(progressing: Progressing, extra: NamedTensors): Promise<void> {
  const found = Object.entries(extraOf(progressing));
  for (const [path, tensor] of found) {
    const value = extra[path];
    if (value === undefined || showType(value) !== showType(tensor) || Object.keys(extra).length !== found.length)
      throw new GradsmithError(
        "file",
        "fit",
        "the training in resumeFrom measured something else.",
        "Compile the model with the same metrics.",
      );
    overwrite(tensor, await value.read());
  }
}

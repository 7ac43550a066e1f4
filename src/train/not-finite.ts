import { isFloat } from "../core/dtype.ts";
import { GradsmithError } from "../core/errors.ts";
import { namedLeaves } from "../nn/shapes.ts";
import type { Tensor } from "../tensor/tensor.ts";
import type { Batch } from "./batches.ts";

interface Failure {
  /** Counted from 0. */
  readonly epoch: number;
  /** Counted from 0 within the epoch. */
  readonly step: number;
  /** The samples, to see whether the fault was theirs. */
  readonly samples: Batch | undefined;
}

/** The error for a loss that is no longer a number, with its likely causes. */
export async function notFinite({ epoch, step, samples }: Failure): Promise<GradsmithError> {
  const what = `the loss became NaN or infinite in epoch ${epoch + 1}, step ${step + 1}.`;
  for (const [name, leaf] of samples === undefined ? [] : partsOf(samples)) {
    if (!isFloat(leaf.dtype)) continue;
    const wrong = await leaf.isFinite().not().cast("i32").sum().item();
    if (wrong > 0)
      return new GradsmithError("training", "fit", what, `${name} holds ${wrong} values that are NaN or infinite: remove them.`);
  }
  return new GradsmithError(
    "training",
    "fit",
    what,
    "Likely causes: a learning rate that is too high, inputs that are not scaled, or a loss that does not suit the targets. Try a ten times smaller learning rate, or clipByNorm(1, optimizer).",
  );
}

const partsOf = ({ x, y, weight }: Batch): (readonly [name: string, leaf: Tensor])[] =>
  Object.entries({ x, y, sampleWeight: weight }).flatMap(([part, value]) =>
    namedLeaves(value).map(([name, leaf]) => [name === "" ? part : `${part}.${name}`, leaf] as const),
  );

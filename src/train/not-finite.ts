import { isFloat } from "../core/dtype.ts";
import { GradsmithError } from "../core/errors.ts";
import type { Tensor } from "../tensor/tensor.ts";

interface Failure {
  /** Counted from 0. */
  readonly epoch: number;
  /** Counted from 0 within the epoch. */
  readonly step: number;
  /** The samples, to see whether the fault was theirs. */
  readonly inputs: readonly Tensor[];
}

/** The error for a loss that is no longer a number, with its likely causes. */
export async function notFinite({ epoch, step, inputs }: Failure): Promise<GradsmithError> {
  const what = `the loss became NaN or infinite in epoch ${epoch + 1}, step ${step + 1}.`;
  for (const [i, samples] of inputs.entries()) {
    if (!isFloat(samples.dtype)) continue;
    const wrong = await samples.isFinite().not().cast("i32").sum().item();
    if (wrong > 0)
      return new GradsmithError(
        "training",
        "fit",
        what,
        `${i === 0 ? "x" : "y"} holds ${wrong} values that are NaN or infinite: remove them.`,
      );
  }
  return new GradsmithError(
    "training",
    "fit",
    what,
    "Likely causes: a learning rate that is too high, inputs that are not scaled, or a loss that does not suit the targets. Try a ten times smaller learning rate, or clipByNorm(1, optimizer).",
  );
}

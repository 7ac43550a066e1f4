import { watchSlowCompilers } from "../backends/slow-compilers.ts";
import { GradsmithError } from "../core/errors.ts";
import { unlessAborted } from "./abort.ts";
import { HistoryRecorder } from "./history.ts";
import type { TrainingRequest } from "./prepare-training.ts";
import { prepareTraining } from "./prepare-training.ts";
import type { TrainingResult } from "./training-loop.ts";
import { TrainingLoop } from "./training-loop.ts";

/** Trains from the request's state on, whose memory is taken over; what comes of it is in the state that is followed. */
export async function fitModel(request: TrainingRequest): Promise<TrainingResult> {
  const { callbacks = [], verbose = "auto", signal } = request.options;
  if (Object.keys(request.state.params).length === 0)
    throw new GradsmithError(
      "usage",
      "fit",
      "nothing in the model can be trained: it has no weights, or all are frozen.",
      "Set trainable = true on a part of it.",
    );
  // A page that draws its own progress, or none, doesn't load this.
  const told = verbose === 0 ? callbacks : [...callbacks, ...(await import("./progress.ts")).progressFor(verbose)];
  const unwatch = watchSlowCompilers((what) => {
    for (const callback of told) void callback.onSlowCompiler?.(what);
  });
  try {
    let isGivenUp = false;
    const training = await unlessAborted(
      () => prepareTraining(request, () => isGivenUp),
      signal,
      () => {
        isGivenUp = true;
      },
    );
    if (training === undefined) return { history: new HistoryRecorder().finish("aborted"), restored: undefined };
    return await new TrainingLoop(request, training, told).run();
  } finally {
    unwatch();
  }
}

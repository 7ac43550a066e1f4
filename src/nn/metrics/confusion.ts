import { within } from "../../core/checks.ts";
import { zeros } from "../../tensor/create.ts";
import { aligned } from "../losses/loss.ts";
import type { Metric } from "./metric.ts";
import { ratio } from "./metric.ts";

export interface ThresholdOptions {
  /** From which probability on a prediction is a yes. */
  readonly threshold?: number;
}

/** Of what was predicted to be positive, the share that is. */
export const precision = (options: ThresholdOptions = {}): Metric =>
  confusion("precision", options, ({ right, predicted }) => ratio(right, predicted));
/** Of what is positive, the share that was predicted to be. */
export const recall = (options: ThresholdOptions = {}): Metric =>
  confusion("recall", options, ({ right, positive }) => ratio(right, positive));

interface Counts {
  readonly right: number;
  readonly predicted: number;
  readonly positive: number;
}

function confusion(kind: string, { threshold = 0.5 }: ThresholdOptions, result: (counts: Counts) => number): Metric {
  within(kind, "threshold", threshold, 0, 1);
  return {
    kind,
    name: kind,
    options: { threshold },
    init: () => ({ right: zeros([]), predicted: zeros([]), positive: zeros([]) }),
    update(state, target, prediction, { weight } = {}) {
      const truth = aligned(target, prediction).greater(0.5).cast("f32");
      const yes = prediction.greater(threshold).cast("f32");
      const share = weight === undefined ? truth.fill(1) : weight.cast("f32").reshape([weight.size, ...truth.shape.slice(1).map(() => 1)]);
      return {
        right: state.right!.add(truth.mul(yes).mul(share).sum()),
        predicted: state.predicted!.add(yes.mul(share).sum()),
        positive: state.positive!.add(truth.mul(share).sum()),
      };
    },
    result: ({ right, predicted, positive }) => result({ right: right![0]!, predicted: predicted![0]!, positive: positive![0]! }),
  };
}

import { between } from "../../core/checks.ts";
import { checkOptions } from "../../core/options.ts";
import { zeros } from "../../tensor/create.ts";
import { aligned } from "../losses/loss.ts";
import type { Metric } from "./metric.ts";
import { ratio } from "./metric.ts";
import { spread } from "./spread.ts";

/** The options of `precision`, `recall` and `binaryAccuracy`. */
export interface ThresholdOptions {
  /** Above which probability a prediction is a yes; 0.5 by default. */
  readonly threshold?: number | undefined;
}

/**
 * Of what was predicted to be positive, the share that is; 0 where nothing was. Targets are in the prediction's shape, positive where not 0, as in
 * Keras.
 *
 * @example model.compile({ loss: "binaryCrossentropy", metrics: ["precision", "recall"] });
 * @throws GradsmithError "option" for a threshold below 0 or above 1.
 */
export const precision = (options: ThresholdOptions = {}): Metric<"precision"> =>
  confusion("precision", options, ({ right, predicted }) => ratio(right, predicted));

/**
 * Of what is positive, the share that was predicted to be; 0 where nothing is. Targets are in the prediction's shape, positive where not 0, as in
 * Keras.
 *
 * @example model.compile({ loss: "binaryCrossentropy", metrics: [metrics.recall({ threshold: 0.3 })] });
 * @throws GradsmithError "option" for a threshold below 0 or above 1.
 */
export const recall = (options: ThresholdOptions = {}): Metric<"recall"> =>
  confusion("recall", options, ({ right, positive }) => ratio(right, positive));

interface Counts {
  readonly right: number;
  readonly predicted: number;
  readonly positive: number;
}

function confusion<Name extends string>(kind: Name, options: ThresholdOptions, result: (counts: Counts) => number): Metric<Name> {
  const { threshold = 0.5 } = checkOptions(kind, options, { threshold: between(0, 1) });
  return {
    kind,
    name: kind,
    takes: "probabilities",
    options,
    init: () => ({ right: zeros([]), predicted: zeros([]), positive: zeros([]) }),
    update(state, target, prediction, { weight } = {}) {
      const truth = aligned(target, prediction).notEqual(0).cast("f32");
      const yes = prediction.greater(threshold).cast("f32");
      const share = weight === undefined ? truth.fill(1) : spread(kind, weight, truth);
      return {
        right: state.right!.add(truth.mul(yes).mul(share).sum()),
        predicted: state.predicted!.add(yes.mul(share).sum()),
        positive: state.positive!.add(truth.mul(share).sum()),
      };
    },
    result: ({ right, predicted, positive }) => result({ right: right![0]!, predicted: predicted![0]!, positive: positive![0]! }),
  };
}

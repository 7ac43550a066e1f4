import type { Loss, LossFunction } from "../losses/loss.ts";
import type { Metric } from "./metric.ts";
import { meanMetric } from "./metric.ts";

/** A loss as a metric of some name: its mean over all samples, whatever their batches. */
export const ofLoss =
  <Options extends object, Name extends string>(name: Name, loss: LossFunction<Options>) =>
  (options?: Options): Metric<Name> => {
    const made = loss.with(options);
    return meanMetric(name, { options: made.options, perSample: made.perSample, takes: takenBy(made) });
  };

/** Those that can work on probabilities or on logits are given probabilities, which carry their logits. */
const takenBy = ({ onLogits }: Loss): Metric["takes"] => (onLogits === undefined ? undefined : "probabilities");

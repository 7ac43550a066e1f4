import { GradsmithError } from "../core/errors.ts";
import { described } from "../core/options.ts";
import type { Batch, BatchSource } from "./batches.ts";
import { isBatchSource, refuseForBatches } from "./batches.ts";
import { checkedBatch } from "./checked-batch.ts";
import type { TrainingSetup } from "./compile-options.ts";
import type { FitOptions } from "./fit-options.ts";
import type { Traceable } from "./objective.ts";
import type { SampleTree } from "./samples.ts";
import { countOf } from "./samples.ts";

/** Samples from number `from` on. */
export type Validation =
  | { readonly samples: Batch; readonly from?: number; readonly batches?: undefined }
  | { readonly batches: BatchSource }
  | undefined;
/** The first `count` samples. */
export type TrainingData = { readonly validation: Validation } & (
  | { readonly samples: Batch; readonly count: number; readonly batches?: undefined }
  | { readonly batches: BatchSource }
);

/** What to train on and what to validate on, checked. */
export async function trainingData(
  model: Traceable,
  setup: TrainingSetup,
  x: SampleTree | BatchSource,
  y: SampleTree | undefined,
  { validationData, validationSplit = 0, sampleWeight, classWeight, batchSize }: FitOptions,
): Promise<TrainingData> {
  const validation = await validationGiven(model, setup, validationData);
  if (isBatchSource(x)) {
    const isValidatedInMemory = validation !== undefined && validation.batches === undefined;
    // Samples to validate on come in batches of that size.
    refuseForBatches("fit", { validationSplit: validationSplit || undefined, sampleWeight, ...(!isValidatedInMemory && { batchSize }) });
    return { batches: x, validation };
  }
  if (y === undefined) throw new GradsmithError("data", "fit", "y is missing.", "Call fit(x, y, options), or give a dataset of { x, y }.");
  const samples = await checkedBatch("fit", model, setup, { x, y, sampleWeight, classWeight });
  const count = countOf(samples.x);
  // A share that is a hair below a whole number by rounding is that number: 10 · (1 − 0.9) is 1.
  const kept = validation === undefined ? Math.floor(count * (1 - validationSplit) + 1e-9 * count) : count;
  if (kept === 0)
    throw new GradsmithError(
      "data",
      "fit",
      `validationSplit ${validationSplit} leaves none of the ${count} samples to train on.`,
      "Choose a smaller fraction.",
    );
  // Both gather their batches from the whole: nothing is copied, and bytes stay bytes.
  return { samples, count: kept, validation: kept === count ? validation : { samples, from: kept } };
}

async function validationGiven(model: Traceable, setup: TrainingSetup, given: FitOptions["validationData"]): Promise<Validation> {
  if (given === undefined) return undefined;
  if (!Array.isArray(given)) {
    if (isBatchSource(given)) return { batches: given };
    throw new GradsmithError("option", "fit", `validationData must be [x, y], got ${described(given)}.`, "Give [x, y], or a dataset.");
  }
  const [x, y, sampleWeight] = given as unknown as readonly [SampleTree, SampleTree, SampleTree?];
  if (y === undefined) throw new GradsmithError("option", "fit", "validationData lacks its targets.", "Give [x, y].");
  return { samples: await checkedBatch("fit", model, setup, { x, y, sampleWeight, name: "validationData" }) };
}

import { GradsmithError } from "../core/errors.ts";
import type { Value } from "../nn/module.ts";
import { Tensor } from "../tensor/tensor.ts";
import type { SampleTree } from "./samples.ts";

/** A batch as a loader hands it out: a record, or a list in that order. */
export type GivenBatch =
  | { readonly x: SampleTree; readonly y: SampleTree; readonly weight?: SampleTree | undefined }
  | readonly [x: SampleTree, y: SampleTree, weight?: SampleTree];

/** Batches that are walked through once per epoch. */
export type BatchSource = AsyncIterable<GivenBatch> | Iterable<GivenBatch>;

/** Batches whose order differs from epoch to epoch, and can be told which one is next. */
export interface EpochAware {
  setEpoch(epoch: number): void;
}

export const epochAware = (batches: BatchSource): EpochAware | undefined =>
  "setEpoch" in batches && typeof batches.setEpoch === "function" ? (batches as unknown as EpochAware) : undefined;

/** A batch with its parts by name. */
export interface BatchParts {
  readonly x: SampleTree;
  readonly y: SampleTree;
  readonly weight: SampleTree | undefined;
}

export function partsOf(where: string, batch: GivenBatch): BatchParts {
  if (Array.isArray(batch) && (batch.length === 2 || batch.length === 3)) return { x: batch[0], y: batch[1], weight: batch[2] };
  if (typeof batch === "object" && batch !== null && "x" in batch && "y" in batch) return { x: batch.x, y: batch.y, weight: batch.weight };
  throw new GradsmithError(
    "data",
    where,
    "the dataset hands out something that is neither { x, y } nor [x, y].",
    "Yield batches as { x, y }, { x, y, weight }, [x, y] or [x, y, weight].",
  );
}

/** Whether something yields batches, rather than being samples. */
export function isBatchSource(given: unknown): given is BatchSource {
  if (typeof given !== "object" || given === null || given instanceof Tensor || Array.isArray(given) || ArrayBuffer.isView(given))
    return false;
  return Symbol.asyncIterator in given || Symbol.iterator in given;
}

/** What would be ignored, since batches come as they are, is an error. */
export function refuseForBatches(where: string, options: object): void {
  for (const [name, value] of Object.entries(options))
    if (value !== undefined)
      throw new GradsmithError(
        "option",
        where,
        `${name} needs samples in memory, and x is a dataset.`,
        "Leave it to what hands out batches.",
      );
}

/** The first batch, and the same batches again: those of the first pass go on where it was taken. */
export async function withFirst(where: string, batches: BatchSource): Promise<{ first: BatchParts; source: BatchSource }> {
  const iterator = opened(batches);
  const next = await iterator.next();
  if (next.done === true) throw new GradsmithError("data", where, "the dataset has no batches.", "Give at least one.");
  let rest: AsyncIterator<GivenBatch> | Iterator<GivenBatch> | undefined = iterator;
  async function* pass(): AsyncGenerator<GivenBatch> {
    const begun = rest;
    rest = undefined;
    if (begun === undefined) return yield* batches as AsyncIterable<GivenBatch>;
    yield next.value as GivenBatch;
    for (let more = await begun.next(); more.done !== true; more = await begun.next()) yield more.value;
  }
  const setEpoch = (epoch: number): void => {
    rest = undefined;
    epochAware(batches)?.setEpoch(epoch);
  };
  return { first: partsOf(where, next.value as GivenBatch), source: { [Symbol.asyncIterator]: pass, setEpoch } as BatchSource };
}

const opened = (batches: BatchSource): AsyncIterator<GivenBatch> | Iterator<GivenBatch> =>
  Symbol.asyncIterator in batches ? batches[Symbol.asyncIterator]() : batches[Symbol.iterator]();

/** A batch as tensors: features in the model's structure, targets and weights by output. */
export interface Batch {
  /** What the model takes: a tensor, or a record of one for each input. */
  readonly x: Value;
  /** What it should give. */
  readonly y: Readonly<Record<string, Tensor>>;
  /** Empty where all samples count alike. */
  readonly weight: Readonly<Record<string, Tensor>>;
}

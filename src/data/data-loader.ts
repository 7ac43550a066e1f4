import { flag, positiveInteger, wholeNumber } from "../core/checks.ts";
import { GradsmithError } from "../core/errors.ts";
import type { OptionChecks } from "../core/options.ts";
import { checkOptions, described } from "../core/options.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { Dataset, dataset } from "./dataset.ts";
import type { Numbers } from "./rows.ts";

/** The options of `dataLoader`. */
export interface DataLoaderOptions {
  /** Default 1. */
  readonly batchSize?: number | undefined;
  /** A new order for every pass. Default false. */
  readonly shuffle?: boolean | undefined;
  /** The same seed gives the same orders. Default 0. */
  readonly seed?: number | undefined;
  /** Leave out a last batch that is smaller than the others. Default false. */
  readonly dropRemainder?: boolean | undefined;
}

/** Batches as pairs `[x, y]`, PyTorch's way; as `[x, y, weight]` where samples have weights. */
export interface DataLoader extends AsyncIterable<readonly [x: Tensor, y: Tensor, weight?: Tensor]> {
  /** Batches in a pass, where that is known. */
  readonly length: number | undefined;
  /** Makes the next pass the one of this number: its order is the same whenever it is asked for. */
  setEpoch(epoch: number): void;
}

const checks: OptionChecks<DataLoaderOptions> = { batchSize: positiveInteger, shuffle: flag, seed: wholeNumber, dropRemainder: flag };

/**
 * Features and labels that belong together, one sample a row: x [n, ...] and y [n, ...].
 *
 * @throws GradsmithError "data" for what has no rows, and while samples are read, where the two count differently.
 * @example tensorDataset([[0, 0], [0, 1]], [[0], [1]])
 */
export const tensorDataset = (x: Numbers, y: Numbers): Dataset => dataset({ x, y });

/**
 * Batches of a dataset, to be walked through once an epoch, as PyTorch's `DataLoader`: pairs of x [batch, ...] and y [batch, ...].
 *
 * Defaults: `batchSize` 1, `shuffle` false, `seed` 0, `dropRemainder` false.
 *
 * @throws GradsmithError "option" for an unknown option or a value that makes no sense, "data" for what is no dataset.
 * @example dataLoader(tensorDataset([[0, 0], [0, 1]], [[0], [1]]), { batchSize: 2, shuffle: true })
 */
export function dataLoader(samples: Dataset, options: DataLoaderOptions = {}): DataLoader {
  const { batchSize = 1, shuffle = false, seed, dropRemainder } = checkOptions("dataLoader", options, checks);
  if (!(samples instanceof Dataset))
    throw new GradsmithError("data", "dataLoader", `needs a dataset, got ${described(samples)}.`, "Write dataLoader(tensorDataset(x, y)).");
  const ordered = shuffle ? samples.shuffle({ seed }) : samples;
  const batches = ordered.batch(batchSize, { dropRemainder });
  async function* pairs(): AsyncGenerator<readonly [Tensor, Tensor, Tensor?]> {
    for await (const { x, y, weight } of batches) yield weight === undefined ? [x, y] : [x, y, weight];
  }
  return { length: batches.size, setEpoch: (epoch) => batches.setEpoch(epoch), [Symbol.asyncIterator]: pairs };
}

import { positiveInteger } from "../core/checks.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { type Dataset, dataset } from "./dataset.ts";
import type { Numbers } from "./rows.ts";

export interface DataLoaderOptions {
  /** Default 1. */
  readonly batchSize?: number | undefined;
  /** A new order for every pass. Default false. */
  readonly shuffle?: boolean | undefined;
  readonly seed?: number | undefined;
  /** Leave out a last batch that is smaller than the others. Default false. */
  readonly dropLast?: boolean | undefined;
}

/** Batches as pairs `[x, y]`, PyTorch's way. */
export interface DataLoader extends AsyncIterable<readonly [x: Tensor, y: Tensor]> {
  /** Batches in a pass, where that is known. */
  readonly length: number | undefined;
}

/** Features and labels that belong together, one sample a row. */
export const tensorDataset = (x: Numbers, y: Numbers): Dataset => dataset({ x, y });

/**
 * Batches of a dataset, to be walked through once an epoch.
 *
 * @example dataLoader(tensorDataset([[0, 0], [0, 1]], [[0], [1]]), { batchSize: 2, shuffle: true })
 */
export function dataLoader(samples: Dataset, options: DataLoaderOptions = {}): DataLoader {
  const batchSize = positiveInteger("dataLoader", "batchSize", options.batchSize ?? 1);
  const ordered = options.shuffle === true ? samples.shuffle({ seed: options.seed }) : samples;
  const batches = ordered.batch(batchSize, { dropRemainder: options.dropLast });
  async function* pairs(): AsyncGenerator<readonly [Tensor, Tensor]> {
    for await (const { x, y } of batches) yield [x, y];
  }
  return { length: batches.size, [Symbol.asyncIterator]: pairs };
}

import type { Tensor } from "../../tensor/tensor.ts";
import { byPlace } from "./by-place.ts";
import { maxPool } from "./max-pool.ts";
import type { PoolingOptions, SavedPooling } from "./pooling.ts";
import { Pooling } from "./pooling.ts";
import type { PerAxis } from "./spatial.ts";

export class MaxPooling extends Pooling {
  constructor(rank: number, options: SavedPooling = {}) {
    super(`maxPooling${rank}d`, rank, options);
  }

  protected pooled(x: Tensor): Tensor {
    return maxPool(this.kind, x, this.geometry);
  }
}

const pooling = (rank: number, poolSize: PerAxis, options: PoolingOptions): MaxPooling =>
  new MaxPooling(rank, byPlace(`maxPooling${rank}d`, { poolSize }, options));

/**
 * The largest element of each window of a sequence: [batch, steps, channels] to [batch, windows, channels].
 *
 * @example maxPooling1d(2), maxPooling1d(3, { strides: 2, padding: "same" })
 * @throws GradsmithError "option" for an unknown option or a value that can't be, "shape" for an input of another rank.
 */
export const maxPooling1d = (poolSize: PerAxis = 2, options: PoolingOptions = {}): MaxPooling => pooling(1, poolSize, options);

/**
 * The largest element of each window of images: [batch, height, width, channels] to [batch, windows, windows, channels]. Windows of 2 · 2 by
 * default. Padding never wins. The gradient goes to the first of equal elements.
 *
 * @example maxPooling2d(2), maxPooling2d([3, 2], { strides: 1 })
 * @throws GradsmithError "option" for an unknown option or a value that can't be, "shape" for an input of another rank.
 */
export const maxPooling2d = (poolSize: PerAxis = 2, options: PoolingOptions = {}): MaxPooling => pooling(2, poolSize, options);

/**
 * The largest element of each window of volumes: [batch, depth, height, width, channels], as `maxPooling2d` with one more axis.
 *
 * @example maxPooling3d(2)
 * @throws GradsmithError "option" for an unknown option or a value that can't be, "shape" for an input of another rank.
 */
export const maxPooling3d = (poolSize: PerAxis = 2, options: PoolingOptions = {}): MaxPooling => pooling(3, poolSize, options);

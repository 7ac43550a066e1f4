import type { Tensor } from "../../tensor/tensor.ts";
import { maxPool } from "./max-pool.ts";
import type { PoolingOptions } from "./pooling.ts";
import { Pooling } from "./pooling.ts";

export class MaxPooling extends Pooling {
  constructor(rank: number, options: PoolingOptions = {}) {
    super(`maxPooling${rank}d`, rank, options);
  }

  protected pooled(x: Tensor): Tensor {
    return maxPool(this.kind, x, this.geometry);
  }
}

/** The largest element of each window of a sequence: [batch, steps, channels] to [batch, windows, channels]. */
export const maxPooling1d = (options: PoolingOptions = {}): MaxPooling => new MaxPooling(1, options);

/**
 * The largest element of each window of images: [batch, height, width, channels] to [batch, windows, windows, channels]. Padding never wins.
 * The gradient goes to the first of equal elements.
 *
 * @example maxPooling2d({ poolSize: 2 })
 */
export const maxPooling2d = (options: PoolingOptions = {}): MaxPooling => new MaxPooling(2, options);

/** The largest element of each window of volumes: [batch, depth, height, width, channels], as `maxPooling2d` with one more axis. */
export const maxPooling3d = (options: PoolingOptions = {}): MaxPooling => new MaxPooling(3, options);

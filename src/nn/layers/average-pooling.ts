import { tensor } from "../../tensor/create.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { byPlace } from "./by-place.ts";
import type { PoolingOptions, SavedPooling } from "./pooling.ts";
import { Pooling } from "./pooling.ts";
import { placeAxes, poolingWindows } from "./pooling-windows.ts";
import type { PerAxis } from "./spatial.ts";
import { paddingOf, spatialOf } from "./windowed.ts";

export class AveragePooling extends Pooling {
  constructor(rank: number, options: SavedPooling = {}) {
    super(`averagePooling${rank}d`, rank, options);
  }

  protected pooled(x: Tensor): Tensor {
    const { sizes, strides } = this.geometry;
    const axes = placeAxes(sizes.length);
    const windows = poolingWindows(this.kind, x, this.geometry, 0);
    const lengths = spatialOf(x.shape);
    const widths = paddingOf(this.geometry, lengths);
    if (widths.every(([before, after]) => before + after === 0)) return windows.mean({ axes });
    const counts = windows.shape.filter((_, axis) => axis % 2 === 1).slice(0, sizes.length);
    return counts.reduce((y, count, axis) => {
      // By 1 / how many elements of the input each window along this axis has.
      const inverse = Array.from({ length: count }, (_, window) => {
        const start = window * strides[axis]! - widths[axis]![0];
        return 1 / (Math.min(start + sizes[axis]!, lengths[axis]!) - Math.max(start, 0));
      });
      return y.mul(tensor(inverse, { dtype: y.dtype, shape: [count, ...counts.slice(axis + 1).map(() => 1), 1] }));
    }, windows.sum({ axes }));
  }
}

const pooling = (rank: number, poolSize: PerAxis, options: PoolingOptions): AveragePooling =>
  new AveragePooling(rank, byPlace(`averagePooling${rank}d`, { poolSize }, options));

/**
 * The mean of each window of a sequence: [batch, steps, channels] to [batch, windows, channels].
 *
 * @example averagePooling1d(2), averagePooling1d(3, { strides: 2, padding: "same" })
 * @throws GradsmithError "option" for an unknown option or a value that can't be, "shape" for an input of another rank.
 */
export const averagePooling1d = (poolSize: PerAxis = 2, options: PoolingOptions = {}): AveragePooling => pooling(1, poolSize, options);

/**
 * The mean of each window of images: [batch, height, width, channels] to [batch, windows, windows, channels]. Windows of 2 · 2 by default.
 * Padding is not counted.
 *
 * @example averagePooling2d(2), averagePooling2d([3, 2], { strides: 1 })
 * @throws GradsmithError "option" for an unknown option or a value that can't be, "shape" for an input of another rank.
 */
export const averagePooling2d = (poolSize: PerAxis = 2, options: PoolingOptions = {}): AveragePooling => pooling(2, poolSize, options);

/**
 * The mean of each window of volumes: [batch, depth, height, width, channels], as `averagePooling2d` with one more axis.
 *
 * @example averagePooling3d(2)
 * @throws GradsmithError "option" for an unknown option or a value that can't be, "shape" for an input of another rank.
 */
export const averagePooling3d = (poolSize: PerAxis = 2, options: PoolingOptions = {}): AveragePooling => pooling(3, poolSize, options);

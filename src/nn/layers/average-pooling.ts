import { tensor } from "../../tensor/create.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import type { PoolingOptions } from "./pooling.ts";
import { Pooling } from "./pooling.ts";
import { placeAxes, poolingWindows } from "./pooling-windows.ts";
import { paddingOf, spatialOf } from "./windowed.ts";

export class AveragePooling extends Pooling {
  constructor(rank: number, options: PoolingOptions = {}) {
    super(`averagePooling${rank}d`, rank, options);
  }

  protected pooled(x: Tensor): Tensor {
    const { sizes, strides } = this.geometry;
    const axes = placeAxes(sizes.length);
    const windows = poolingWindows(this.kind, x.floating(), this.geometry, 0);
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

/** The mean of each window of a sequence: [batch, steps, channels] to [batch, windows, channels]. */
export const averagePooling1d = (options: PoolingOptions = {}): AveragePooling => new AveragePooling(1, options);

/**
 * The mean of each window of images: [batch, height, width, channels] to [batch, windows, windows, channels]. Padding is not counted.
 *
 * @example averagePooling2d({ poolSize: 2 })
 */
export const averagePooling2d = (options: PoolingOptions = {}): AveragePooling => new AveragePooling(2, options);

/** The mean of each window of volumes: [batch, depth, height, width, channels], as `averagePooling2d` with one more axis. */
export const averagePooling3d = (options: PoolingOptions = {}): AveragePooling => new AveragePooling(3, options);

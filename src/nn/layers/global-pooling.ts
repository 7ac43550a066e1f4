import { flag } from "../../core/checks.ts";
import { checkOptions } from "../../core/options.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import type { LayerOptions } from "../layer.ts";
import { Layer } from "../layer.ts";
import type { Params } from "../module.ts";
import { layerChecks } from "./layer-checks.ts";
import { maxPool } from "./max-pool.ts";
import { checkImages } from "./spatial.ts";
import { spatialAxes, spatialOf } from "./windowed.ts";

/** The options of global pooling layers. */
export interface GlobalPoolingOptions extends LayerOptions {
  /** Whether the spatial axes stay, with size 1; false by default. */
  readonly keepDims?: boolean | undefined;
}

abstract class GlobalPooling extends Layer<GlobalPoolingOptions> {
  override readonly kind: string;
  override readonly autocast = true;
  protected readonly rank: number;

  constructor(kind: string, rank: number, options: GlobalPoolingOptions) {
    super(checkOptions(kind, options, { ...layerChecks, keepDims: flag }));
    this.kind = kind;
    this.rank = rank;
  }

  protected abstract pooled(x: Tensor, axes: number[]): Tensor;

  call(_params: Params, x: Tensor): Tensor {
    checkImages(this.kind, x.shape, this.rank);
    const axes = spatialAxes(this.rank);
    const y = this.pooled(x, axes);
    return this.options.keepDims === true ? y.expandDims(axes) : y;
  }
}

export class GlobalMaxPooling extends GlobalPooling {
  constructor(rank: number, options: GlobalPoolingOptions = {}) {
    super(`globalMaxPooling${rank}d`, rank, options);
  }

  protected pooled(x: Tensor, axes: number[]): Tensor {
    const sizes = spatialOf(x.shape);
    return maxPool(this.kind, x, { sizes, strides: sizes, dilations: sizes.map(() => 1), padding: "valid" }).squeeze(axes);
  }
}

export class GlobalAveragePooling extends GlobalPooling {
  constructor(rank: number, options: GlobalPoolingOptions = {}) {
    super(`globalAveragePooling${rank}d`, rank, options);
  }

  protected pooled(x: Tensor, axes: number[]): Tensor {
    return x.mean({ axes });
  }
}

/**
 * The largest element of each channel: [batch, steps, channels] to [batch, channels]. The gradient goes to the first of equal ones.
 *
 * @example sequential([conv1d(32, 3), globalMaxPooling1d(), dense(1)], { inputShape: [100, 8] })
 */
export const globalMaxPooling1d = (options: GlobalPoolingOptions = {}): GlobalMaxPooling => new GlobalMaxPooling(1, options);

/**
 * The largest element of each channel: [batch, height, width, channels] to [batch, channels]. The gradient goes to the first of equal ones.
 *
 * @example sequential([conv2d(32, 3), globalMaxPooling2d(), dense(10)], { inputShape: [28, 28, 1] })
 */
export const globalMaxPooling2d = (options: GlobalPoolingOptions = {}): GlobalMaxPooling => new GlobalMaxPooling(2, options);

/**
 * The largest element of each channel: [batch, depth, height, width, channels] to [batch, channels]. The gradient goes to the first of equal ones.
 *
 * @example globalMaxPooling3d({ keepDims: true })
 */
export const globalMaxPooling3d = (options: GlobalPoolingOptions = {}): GlobalMaxPooling => new GlobalMaxPooling(3, options);

/**
 * The mean of each channel: [batch, steps, channels] to [batch, channels].
 *
 * @example sequential([conv1d(32, 3), globalAveragePooling1d(), dense(1)], { inputShape: [100, 8] })
 */
export const globalAveragePooling1d = (options: GlobalPoolingOptions = {}): GlobalAveragePooling => new GlobalAveragePooling(1, options);

/**
 * The mean of each channel: [batch, height, width, channels] to [batch, channels].
 *
 * @example sequential([conv2d(32, 3), globalAveragePooling2d(), dense(10)], { inputShape: [28, 28, 1] })
 */
export const globalAveragePooling2d = (options: GlobalPoolingOptions = {}): GlobalAveragePooling => new GlobalAveragePooling(2, options);

/**
 * The mean of each channel: [batch, depth, height, width, channels] to [batch, channels].
 *
 * @example globalAveragePooling3d({ keepDims: true })
 */
export const globalAveragePooling3d = (options: GlobalPoolingOptions = {}): GlobalAveragePooling => new GlobalAveragePooling(3, options);

import type { Tensor } from "../../tensor/tensor.ts";
import type { LayerOptions, Params } from "../layer.ts";
import { Layer } from "../layer.ts";
import { maxPool } from "./max-pool.ts";
import { checkImages } from "./spatial.ts";
import { spatialAxes, spatialOf } from "./windowed.ts";

export interface GlobalPoolingOptions extends LayerOptions {
  /** Leaves the spatial axes with size 1. */
  readonly keepDims?: boolean;
}

abstract class GlobalPooling extends Layer {
  readonly kind: string;
  readonly options: GlobalPoolingOptions;
  protected readonly rank: number;

  constructor(kind: string, rank: number, options: GlobalPoolingOptions) {
    super();
    this.kind = kind;
    this.rank = rank;
    this.options = options;
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

/** The largest element of each channel: [batch, steps, channels] to [batch, channels]. The gradient goes to the first of equal ones. */
export const globalMaxPooling1d = (options: GlobalPoolingOptions = {}): GlobalMaxPooling => new GlobalMaxPooling(1, options);
/** The largest element of each channel: [batch, height, width, channels] to [batch, channels]. */
export const globalMaxPooling2d = (options: GlobalPoolingOptions = {}): GlobalMaxPooling => new GlobalMaxPooling(2, options);
/** The largest element of each channel: [batch, depth, height, width, channels] to [batch, channels]. */
export const globalMaxPooling3d = (options: GlobalPoolingOptions = {}): GlobalMaxPooling => new GlobalMaxPooling(3, options);

/** The mean of each channel: [batch, steps, channels] to [batch, channels]. */
export const globalAveragePooling1d = (options: GlobalPoolingOptions = {}): GlobalAveragePooling => new GlobalAveragePooling(1, options);
/** The mean of each channel: [batch, height, width, channels] to [batch, channels]. */
export const globalAveragePooling2d = (options: GlobalPoolingOptions = {}): GlobalAveragePooling => new GlobalAveragePooling(2, options);
/** The mean of each channel: [batch, depth, height, width, channels] to [batch, channels]. */
export const globalAveragePooling3d = (options: GlobalPoolingOptions = {}): GlobalAveragePooling => new GlobalAveragePooling(3, options);

import type { Tensor } from "../../tensor/tensor.ts";
import type { LayerOptions, Params } from "../layer.ts";
import { Layer } from "../layer.ts";
import { knownPadding } from "./conv-layer.ts";
import type { PerAxis } from "./spatial.ts";
import { checkImages, perAxis } from "./spatial.ts";
import type { WindowGeometry } from "./windowed.ts";

export interface PoolingOptions extends LayerOptions {
  /** The size of the window: one number for all spatial axes, or one for each; 2 by default. */
  readonly poolSize?: PerAxis;
  /** From one window to the next; by default the window's size. */
  readonly strides?: PerAxis;
  readonly padding?: "valid" | "same";
}

/** One number for each window and channel. */
export abstract class Pooling extends Layer {
  readonly kind: string;
  readonly options: PoolingOptions;
  protected readonly geometry: WindowGeometry;

  constructor(kind: string, rank: number, options: PoolingOptions) {
    super();
    const { poolSize = 2, strides = poolSize, padding = "valid" } = options;
    this.kind = kind;
    this.options = options;
    this.geometry = {
      sizes: perAxis(kind, "poolSize", poolSize, rank),
      strides: perAxis(kind, "strides", strides, rank),
      dilations: Array.from({ length: rank }, () => 1),
      // `causal` is for convolutions.
      padding: knownPadding(kind, padding, Math.max(2, rank)),
    };
  }

  protected abstract pooled(x: Tensor): Tensor;

  call(_params: Params, x: Tensor): Tensor {
    checkImages(this.kind, x.shape, this.geometry.sizes.length);
    return this.pooled(x);
  }
}

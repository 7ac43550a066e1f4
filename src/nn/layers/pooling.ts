import { checkOptions } from "../../core/options.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import type { LayerOptions } from "../layer.ts";
import { Layer } from "../layer.ts";
import type { Params } from "../module.ts";
import { aPadding } from "./conv-layer.ts";
import { layerChecks } from "./layer-checks.ts";
import type { PerAxis } from "./spatial.ts";
import { checkImages, perAxis, perAxisOf } from "./spatial.ts";
import type { WindowGeometry } from "./windowed.ts";

/** The options of pooling layers. */
export interface PoolingOptions extends LayerOptions {
  /** From one window to the next, for all spatial axes or for each; by default the window's size. */
  readonly strides?: PerAxis | undefined;
  /** What is put around the input: nothing with `valid`, the default; as much as gives ⌈length / stride⌉ windows with `same`. */
  readonly padding?: "valid" | "same" | undefined;
}

/** How such a layer is built from its options alone, which is also how it is saved. */
export type SavedPooling = PoolingOptions & { readonly poolSize?: PerAxis | undefined };

/** One number for each window and channel. */
export abstract class Pooling extends Layer<SavedPooling> {
  override readonly kind: string;
  override readonly autocast = true;
  protected readonly geometry: WindowGeometry;

  constructor(kind: string, rank: number, options: SavedPooling) {
    super(
      checkOptions(kind, options, {
        ...layerChecks,
        poolSize: perAxisOf(rank),
        strides: perAxisOf(rank),
        // `causal` is for convolutions.
        padding: aPadding(Math.max(2, rank)),
      }),
    );
    const { poolSize = 2, strides = poolSize, padding = "valid" } = options;
    this.kind = kind;
    this.geometry = {
      sizes: perAxis(kind, "poolSize", poolSize, rank),
      strides: perAxis(kind, "strides", strides, rank),
      dilations: Array.from({ length: rank }, () => 1),
      padding,
    };
  }

  protected abstract pooled(x: Tensor): Tensor;

  call(_params: Params, x: Tensor): Tensor {
    checkImages(this.kind, x.shape, this.geometry.sizes.length);
    return this.pooled(x);
  }
}

import type { Tensor } from "../../tensor/tensor.ts";
import type { LayerOptions, Params } from "../layer.ts";
import { Layer } from "../layer.ts";
import type { PerAxis } from "./spatial.ts";
import { checkImages, perAxis } from "./spatial.ts";

export interface UpSamplingOptions extends LayerOptions {
  /** How often each row and column is repeated; 2 by default. */
  readonly size?: PerAxis;
}

export class UpSampling2d extends Layer {
  readonly kind = "upSampling2d";
  readonly options: UpSamplingOptions;
  readonly #sizes: readonly number[];

  constructor(options: UpSamplingOptions = {}) {
    super();
    this.options = options;
    this.#sizes = perAxis(this.kind, "size", options.size ?? 2, 2);
  }

  call(_params: Params, x: Tensor): Tensor {
    checkImages(this.kind, x.shape, 2);
    const [batch, height, width, channels] = x.shape as [number, number, number, number];
    const [rows, columns] = this.#sizes as [number, number];
    const repeated = x.expandDims([2, 4]).broadcastTo([batch, height, rows, width, columns, channels]);
    return repeated.reshape([batch, height * rows, width * columns, channels]);
  }
}

/** Each pixel repeated, [batch, height, width, channels] to [batch, height · size, width · size, channels]: the nearest neighbour. */
export const upSampling2d = (options: UpSamplingOptions = {}): UpSampling2d => new UpSampling2d(options);

import { sizeOf } from "../../core/shape.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import type { LayerOptions, Params } from "../layer.ts";
import { Layer } from "../layer.ts";

export class Flatten extends Layer {
  readonly kind = "flatten";
  readonly options: LayerOptions;

  constructor(options: LayerOptions = {}) {
    super();
    this.options = options;
  }

  call(_params: Params, x: Tensor): Tensor {
    const [batch, ...sample] = x.shape;
    return x.reshape([batch!, sizeOf(sample)]);
  }
}

/** Each sample as a vector: [batch, a, b, ...] to [batch, a·b·...]. */
export const flatten = (options: LayerOptions = {}): Flatten => new Flatten(options);

import { checkOptions } from "../../core/options.ts";
import { sizeOf } from "../../core/shape.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import type { LayerOptions } from "../layer.ts";
import { Layer } from "../layer.ts";
import type { Params } from "../module.ts";
import { layerChecks } from "./layer-checks.ts";

export class Flatten extends Layer {
  override readonly kind = "flatten";

  constructor(options: LayerOptions = {}) {
    super(checkOptions("flatten", options, layerChecks));
  }

  call(_params: Params, x: Tensor): Tensor {
    const [batch, ...sample] = x.shape;
    return x.reshape([batch!, sizeOf(sample)]);
  }
}

/**
 * Each sample as a vector: [batch, a, b, ...] to [batch, a·b·...].
 *
 * @example sequential([flatten(), dense(10)], { inputShape: [28, 28] })
 */
export const flatten = (options: LayerOptions = {}): Flatten => new Flatten(options);

import { checkOptions } from "../../core/options.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import type { LayerOptions } from "../layer.ts";
import { Layer } from "../layer.ts";
import type { Params } from "../module.ts";
import { byPlace } from "./by-place.ts";
import { layerChecks } from "./layer-checks.ts";
import type { PerAxis } from "./spatial.ts";
import { checkImages, perAxis, perAxisOf } from "./spatial.ts";

type Saved = LayerOptions & { readonly size?: PerAxis | undefined };

export class UpSampling2d extends Layer<Saved> {
  override readonly kind = "upSampling2d";
  readonly #sizes: readonly number[];

  constructor(options: Saved = {}) {
    super(checkOptions("upSampling2d", options, { ...layerChecks, size: perAxisOf(2) }));
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

/**
 * Each pixel repeated `size` times along both axes, 2 by default or [rows, columns]: [batch, height, width, channels] to
 * [batch, height · size, width · size, channels].
 *
 * @example upSampling2d(2)
 * @throws GradsmithError "option" for an unknown option or a value that can't be, "shape" for an input of another rank.
 */
export const upSampling2d = (size: PerAxis = 2, options: LayerOptions = {}): UpSampling2d =>
  new UpSampling2d(byPlace("upSampling2d", { size }, options));

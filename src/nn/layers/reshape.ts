import { GradsmithError } from "../../core/errors.ts";
import type { Check } from "../../core/options.ts";
import { checkOptions, described } from "../../core/options.ts";
import type { Shape } from "../../core/shape.ts";
import { showShape, sizeOf } from "../../core/shape.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import type { LayerOptions } from "../layer.ts";
import { Layer } from "../layer.ts";
import type { Params } from "../module.ts";
import { byPlace } from "./by-place.ts";
import { layerChecks } from "./layer-checks.ts";

type Saved = LayerOptions & { readonly shape: Shape };

export class Reshape extends Layer<Saved> {
  override readonly kind = "reshape";

  constructor(options: Saved) {
    super(checkOptions("reshape", options, { ...layerChecks, shape: sampleShape }));
    sampleShape("reshape", "shape", options.shape);
  }

  call(_params: Params, x: Tensor): Tensor {
    const [batch, ...sample] = x.shape;
    const { shape } = this.options;
    const size = sizeOf(sample);
    const known = sizeOf(shape.filter((n) => n !== -1));
    const fits = shape.includes(-1) ? known > 0 && size % known === 0 : known === size;
    if (!fits) {
      throw new GradsmithError(
        "shape",
        "reshape",
        `samples of shape ${showShape(sample)} have ${size} elements, which don't fit ${showShape(shape)}.`,
        "Give a shape with as many elements.",
      );
    }
    return x.reshape([batch!, ...shape.map((n) => (n === -1 ? size / known : n))]);
  }
}

const sampleShape: Check = (where, _name, value) => {
  const isShape = Array.isArray(value) && value.every((size) => Number.isSafeInteger(size) && size >= -1);
  if (isShape && value.filter((size) => size === -1).length <= 1) return value;
  throw new GradsmithError(
    "option",
    where,
    `${described(value)} is no shape of a sample.`,
    "Give a list of whole numbers, one of which may be -1.",
  );
};

/**
 * Each sample in another shape, [batch, ...] to [batch, ...shape]; one size may be -1, which means what is left.
 *
 * @example reshape([28, 28, 1]), reshape([-1, 16])
 * @throws GradsmithError "shape" where the samples have another number of elements.
 */
export const reshape = (shape: Shape, options: LayerOptions = {}): Reshape => new Reshape(byPlace("reshape", { shape }, options));

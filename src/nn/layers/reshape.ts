import { GradsmithError } from "../../core/errors.ts";
import type { Shape } from "../../core/shape.ts";
import { showShape, sizeOf } from "../../core/shape.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import type { LayerOptions, Params } from "../layer.ts";
import { Layer } from "../layer.ts";

export interface ReshapeOptions extends LayerOptions {
  readonly shape: Shape;
}

export class Reshape extends Layer {
  readonly kind = "reshape";
  readonly options: ReshapeOptions;

  constructor(options: ReshapeOptions) {
    super();
    const { shape } = options;
    const unknown = shape.filter((size) => size === -1).length;
    if (unknown > 1 || shape.some((size) => !Number.isInteger(size) || size < -1)) {
      throw new GradsmithError(
        "option",
        "reshape",
        `${showShape(shape)} is no shape of a sample.`,
        "Give whole numbers, one of which may be -1.",
      );
    }
    this.options = options;
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

/** Each sample in another shape, [batch, ...] to [batch, ...shape]; one size may be -1, which means what is left. */
export const reshape = (shape: Shape, options: LayerOptions = {}): Reshape => new Reshape({ shape, ...options });

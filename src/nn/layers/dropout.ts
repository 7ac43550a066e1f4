import { GradsmithError } from "../../core/errors.ts";
import { random } from "../../tensor/random.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import type { LayerContext, LayerOptions, Params } from "../layer.ts";
import { Layer } from "../layer.ts";

export interface DropoutOptions extends LayerOptions {
  readonly rate: number;
}

export class Dropout extends Layer {
  readonly kind = "dropout";
  readonly options: DropoutOptions;

  constructor(options: DropoutOptions) {
    super();
    const { rate } = options;
    if (!(rate >= 0 && rate < 1)) {
      throw new GradsmithError(
        "option",
        "dropout",
        `the rate must be at least 0 and less than 1, got ${String(rate)}.`,
        "It is the fraction of elements that is dropped.",
      );
    }
    this.options = options;
  }

  call(_params: Params, x: Tensor, context: LayerContext): Tensor {
    const { rate } = this.options;
    if (!context.training || rate === 0) return x;
    const kept = random.uniform(x.shape, { key: context.key() }).greaterEqual(rate);
    return kept.where(x.mul(1 / (1 - rate)), 0);
  }
}

/**
 * In training, sets a random fraction `rate` of the elements to zero and scales the others by 1/(1 − rate), so that the mean stays; otherwise the
 * identity (Srivastava et al., 2014).
 */
export const dropout = (rate: number, options: LayerOptions = {}): Dropout => new Dropout({ rate, ...options });

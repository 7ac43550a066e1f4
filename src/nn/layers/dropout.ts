import { properFraction } from "../../core/checks.ts";
import { checkOptions } from "../../core/options.ts";
import { random } from "../../tensor/random.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import type { LayerOptions } from "../layer.ts";
import { Layer } from "../layer.ts";
import type { CallContext, Params } from "../module.ts";
import { byPlace } from "./by-place.ts";
import { layerChecks } from "./layer-checks.ts";

type Saved = LayerOptions & { readonly rate: number };

export class Dropout extends Layer<Saved> {
  override readonly kind = "dropout";
  override readonly autocast = true;

  constructor(options: Saved) {
    super(checkOptions("dropout", options, { ...layerChecks, rate: properFraction }));
    properFraction("dropout", "rate", options.rate);
  }

  call(_params: Params, x: Tensor, context: CallContext): Tensor {
    const { rate } = this.options;
    if (!context.training || rate === 0) return x;
    const kept = random.uniform(x.shape, { key: context.key() }).greaterEqual(rate);
    return kept.where(x.mul(1 / (1 - rate)), 0);
  }
}

/**
 * In training, sets a random fraction `rate` of the elements to zero and scales the others by 1/(1 − rate), so that the mean stays; otherwise the
 * identity (Srivastava et al., 2014).
 *
 * @example sequential([dense(512, { activation: "relu" }), dropout(0.3), dense(10)])
 * @throws GradsmithError "option" for a rate below 0, or of 1 and more.
 */
export const dropout = (rate: number, options: LayerOptions = {}): Dropout => new Dropout(byPlace("dropout", { rate }, options));

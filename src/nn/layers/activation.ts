import { checkOptions } from "../../core/options.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import type { ActivationChoice, Activation as ActivationFunction } from "../activations.ts";
import { activationOf, anActivation } from "../activations.ts";
import type { LayerOptions } from "../layer.ts";
import { Layer } from "../layer.ts";
import type { Params } from "../module.ts";
import { byPlace } from "./by-place.ts";
import { layerChecks } from "./layer-checks.ts";

type Saved = LayerOptions & { readonly activation: ActivationChoice };

export class Activation extends Layer<Saved> {
  override readonly kind = "activation";
  override readonly autocast = true;
  readonly #function: ActivationFunction;

  constructor(options: Saved) {
    super(checkOptions("activation", options, { ...layerChecks, activation: anActivation }));
    this.#function = activationOf("activation", options.activation);
  }

  call(_params: Params, x: Tensor): Tensor {
    return this.#function.call(x);
  }
}

/**
 * An activation as a layer of its own, in the shape of its input.
 *
 * @example activation("softmax"), activation(activations.leakyRelu({ negativeSlope: 0.1 }))
 * @throws GradsmithError "option" for a name that isn't one, with the nearest.
 */
export const activation = (choice: ActivationChoice, options: LayerOptions = {}): Activation =>
  new Activation(byPlace("activation", { activation: choice }, options));

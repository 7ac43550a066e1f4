import type { Tensor } from "../../tensor/tensor.ts";
import type { ActivationChoice, Activation as ActivationFunction } from "../activations.ts";
import { activationOf } from "../activations.ts";
import type { LayerOptions, Params } from "../layer.ts";
import { Layer } from "../layer.ts";

export interface ActivationOptions extends LayerOptions {
  readonly activation: ActivationChoice;
}

export class Activation extends Layer {
  readonly kind = "activation";
  readonly options: ActivationOptions;
  override readonly ending: ActivationFunction;

  constructor(options: ActivationOptions) {
    super();
    this.options = options;
    this.ending = activationOf("activation", options.activation);
  }

  call(_params: Params, x: Tensor): Tensor {
    return this.ending.call(x);
  }

  override beforeEnding(_params: Params, x: Tensor): Tensor {
    return x;
  }
}

/**
 * An activation as a layer of its own.
 *
 * @example activation("softmax"), activation(["leakyRelu", { slope: 0.1 }])
 */
export const activation = (choice: ActivationChoice, options: LayerOptions = {}): Activation =>
  new Activation({ activation: choice, ...options });

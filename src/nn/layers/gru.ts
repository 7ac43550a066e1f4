import type { Shape } from "../../core/shape.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import type { Activation, ActivationChoice } from "../activations.ts";
import { activationOf, anActivation } from "../activations.ts";
import type { Params } from "../module.ts";
import { byPlace } from "./by-place.ts";
import type { RecurrentOptions, RecurrentState, WithUnits } from "./recurrent.ts";
import { Recurrent, recurrentChecks } from "./recurrent.ts";

/** The options of `gru`. */
export interface GruOptions extends RecurrentOptions {
  /** Of the gates; `sigmoid` by default. */
  readonly recurrentActivation?: ActivationChoice | undefined;
}

export class Gru extends Recurrent<WithUnits<GruOptions>> {
  override readonly kind = "gru";
  readonly #gate: Activation;

  constructor(options: WithUnits<GruOptions>) {
    super("gru", 3, options, { ...recurrentChecks, recurrentActivation: anActivation });
    this.#gate = activationOf("gru", options.recurrentActivation ?? "sigmoid");
  }

  /** One row for the inputs' part and one for the state's. */
  protected override biasShape(width: number): Shape {
    return [2, width];
  }

  protected override inputBias(bias: Tensor): Tensor {
    return bias.get(0);
  }

  protected step({ recurrentKernel, bias }: Params, { h }: RecurrentState, inputs: Tensor): RecurrentState {
    const product = h.matmul(recurrentKernel!);
    const [zx, rx, cx] = inputs.split(3, { axis: -1 }) as [Tensor, Tensor, Tensor];
    const [zh, rh, ch] = (bias === undefined ? product : product.add(bias.get(1))).split(3, { axis: -1 }) as [Tensor, Tensor, Tensor];
    const update = this.#gate.call(zx.add(zh));
    const candidate = this.activation.call(cx.add(this.#gate.call(rx.add(rh)).mul(ch)));
    return { h: candidate.add(update.mul(h.sub(candidate))) };
  }
}

/**
 * A gated recurrent unit over a sequence: [batch, steps, features] to [batch, units], or to [batch, steps, units] with `returnSequences`. The
 * gates' order is Keras's, z, r, c, and the reset gate is applied after the product (`resetAfter`, as in cuDNN and PyTorch; Cho et al., 2014):
 *
 *     z, r = σ(x·W + b₀ + h·U + b₁),  c = tanh(x·W + b₀ + r∘(h·U + b₁)),  h ← z∘h + (1 − z)∘c
 *
 * with W [features, 3·units], U [units, 3·units] and b [2, 3·units].
 *
 * @example gru(64)
 * @throws GradsmithError "option" for an unknown option or a value that can't be, "shape" for an input of another rank.
 */
export const gru = (units: number, options: GruOptions = {}): Gru => new Gru(byPlace("gru", { units }, options));

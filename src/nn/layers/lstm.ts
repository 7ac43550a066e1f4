import type { Shape } from "../../core/shape.ts";
import { full } from "../../tensor/create.ts";
import { concat } from "../../tensor/join.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import type { Activation, ActivationChoice } from "../activations.ts";
import { activationOf } from "../activations.ts";
import type { Initializer } from "../initializers.ts";
import type { ParamSpecs, Params } from "../layer.ts";
import type { RecurrentOptions, RecurrentState } from "./recurrent.ts";
import { Recurrent } from "./recurrent.ts";

export interface LstmOptions extends RecurrentOptions {
  /** Of the gates; `sigmoid` by default. */
  readonly recurrentActivation?: ActivationChoice;
  /** Whether the forget gate's bias begins at 1, so that at first the cell remembers (Jozefowicz et al., 2015); true by default. */
  readonly unitForgetBias?: boolean;
}

export class Lstm extends Recurrent {
  readonly kind = "lstm";
  readonly options: LstmOptions & { readonly units: number };
  protected override readonly carried = ["c"];
  readonly #gate: Activation;

  constructor(options: LstmOptions & { readonly units: number }) {
    super("lstm", 4, options);
    this.options = options;
    this.#gate = activationOf("lstm", options.recurrentActivation ?? "sigmoid");
  }

  override params(input: Shape): ParamSpecs {
    const specs = super.params(input);
    const { bias } = specs;
    if (bias === undefined || this.options.unitForgetBias === false) return specs;
    return { ...specs, bias: { ...bias, initializer: remembering(bias.initializer) } };
  }

  protected step({ recurrentKernel }: Params, { h, c }: RecurrentState, inputs: Tensor): RecurrentState {
    const gate = (z: Tensor): Tensor => this.#gate.call(z);
    const [i, f, g, o] = inputs.add(h.matmul(recurrentKernel!)).split(4, { axis: -1 }) as [Tensor, Tensor, Tensor, Tensor];
    const cell = gate(f)
      .mul(c!)
      .add(gate(i).mul(this.activation.call(g)));
    return { h: gate(o).mul(this.activation.call(cell)), c: cell };
  }
}

/** The same first values, but 1 for the second quarter, which is the forget gate's. */
const remembering = (rest: Initializer): Initializer => ({
  kind: "remembering",
  options: {},
  create(shape, key) {
    const [i, f, c, o] = rest.create(shape, key).split(4) as [Tensor, Tensor, Tensor, Tensor];
    return concat([i, full(f.shape, 1), c, o]);
  },
});

/**
 * Long short-term memory over a sequence: [batch, steps, features] to [batch, units], or to [batch, steps, units] with `returnSequences`.
 * The gates' order in kernels and bias is Keras's, i, f, c, o (Hochreiter & Schmidhuber, 1997; Gers et al., 2000):
 *
 *     i, f, o = σ(x·W + h·U + b),  g = tanh(x·W + h·U + b),  c ← f∘c + i∘g,  h ← o∘tanh(c)
 *
 * @example lstm(128, { returnSequences: true })
 */
export const lstm = (units: number, options: LstmOptions = {}): Lstm => new Lstm({ units, ...options });

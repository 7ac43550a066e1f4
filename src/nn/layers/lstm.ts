import { flag } from "../../core/checks.ts";
import type { Shape } from "../../core/shape.ts";
import { full } from "../../tensor/create.ts";
import { concat } from "../../tensor/join.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import type { Activation, ActivationChoice } from "../activations.ts";
import { activationOf, anActivation } from "../activations.ts";
import type { Initializer } from "../initializers.ts";
import { initializerOf } from "../initializers.ts";
import type { ParamSpecs, Params } from "../module.ts";
import { byPlace } from "./by-place.ts";
import type { RecurrentOptions, RecurrentState, WithUnits } from "./recurrent.ts";
import { Recurrent, recurrentChecks } from "./recurrent.ts";

/** The options of `lstm`. */
export interface LstmOptions extends RecurrentOptions {
  /** Of the gates; `sigmoid` by default. */
  readonly recurrentActivation?: ActivationChoice | undefined;
  /** Whether the forget gate's bias begins at 1, so that at first the cell remembers (Jozefowicz et al., 2015); true by default. */
  readonly unitForgetBias?: boolean | undefined;
}

export class Lstm extends Recurrent<WithUnits<LstmOptions>> {
  override readonly kind = "lstm";
  protected override readonly carried = ["c"];
  readonly #gate: Activation;

  constructor(options: WithUnits<LstmOptions>) {
    super("lstm", 4, options, { ...recurrentChecks, recurrentActivation: anActivation, unitForgetBias: flag });
    this.#gate = activationOf("lstm", options.recurrentActivation ?? "sigmoid");
  }

  override params(input: Shape): ParamSpecs {
    const specs = super.params(input);
    const { bias } = specs;
    if (bias === undefined || this.options.unitForgetBias === false) return specs;
    return { ...specs, bias: { ...bias, initializer: remembering(initializerOf(this.kind, bias.initializer ?? "zeros")) } };
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
 * with W [features, 4·units], U [units, 4·units] and b [4·units].
 *
 * @example lstm(128, { returnSequences: true })
 * @throws GradsmithError "option" for an unknown option or a value that can't be, "shape" for an input of another rank.
 */
export const lstm = (units: number, options: LstmOptions = {}): Lstm => new Lstm(byPlace("lstm", { units }, options));

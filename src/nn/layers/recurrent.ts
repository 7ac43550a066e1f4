import { positiveInteger } from "../../core/checks.ts";
import { GradsmithError } from "../../core/errors.ts";
import type { Shape } from "../../core/shape.ts";
import { showShape } from "../../core/shape.ts";
import { scan } from "../../runtime/scan.ts";
import { full } from "../../tensor/create.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import type { Activation, ActivationChoice } from "../activations.ts";
import { activationOf } from "../activations.ts";
import type { Choice } from "../described.ts";
import type { Initializer } from "../initializers.ts";
import { initializerOf } from "../initializers.ts";
import type { LayerOptions, ParamSpec, ParamSpecs, Params } from "../layer.ts";
import { Layer } from "../layer.ts";
import type { Regularizer } from "../regularizers.ts";
import { regularizerOf } from "../regularizers.ts";

export interface RecurrentOptions extends LayerOptions {
  /** Of the candidate and the output; `tanh` by default. */
  readonly activation?: ActivationChoice;
  readonly useBias?: boolean;
  /** The output of every step instead of only the last: [batch, steps, units]. */
  readonly returnSequences?: boolean;
  /** From the last step to the first; sequences then come in that order, as in Keras. */
  readonly goBackwards?: boolean;
  readonly kernelInitializer?: Choice<Initializer>;
  readonly recurrentInitializer?: Choice<Initializer>;
  readonly biasInitializer?: Choice<Initializer>;
  readonly kernelRegularizer?: Choice<Regularizer>;
  readonly recurrentRegularizer?: Choice<Regularizer>;
  readonly biasRegularizer?: Choice<Regularizer>;
}

/** What a step carries to the next, the output among it. */
export type RecurrentState = Readonly<Record<string, Tensor>> & { readonly h: Tensor };

/**
 * A layer that walks along a sequence [batch, steps, features]: its gates lie side by side in the kernels, and the inputs' part of all steps'
 * gates is one product before the loop.
 */
export abstract class Recurrent extends Layer {
  abstract override readonly options: RecurrentOptions & { readonly units: number };
  protected readonly activation: Activation;
  readonly #gates: number;
  readonly #specs: Readonly<Record<"kernel" | "recurrentKernel" | "bias", Omit<ParamSpec, "shape">>>;

  constructor(where: string, gates: number, options: RecurrentOptions & { readonly units: number }) {
    super();
    const { kernelInitializer = "glorotUniform", recurrentInitializer = "orthogonal", biasInitializer = "zeros" } = options;
    positiveInteger(where, "units", options.units);
    this.#gates = gates;
    this.activation = activationOf(where, options.activation ?? "tanh");
    const spec = (initializer: Choice<Initializer>, regularizer: Choice<Regularizer> | undefined): Omit<ParamSpec, "shape"> => ({
      trainable: true,
      initializer: initializerOf(where, initializer),
      regularizer: regularizerOf(where, regularizer),
    });
    this.#specs = {
      kernel: spec(kernelInitializer, options.kernelRegularizer),
      recurrentKernel: spec(recurrentInitializer, options.recurrentRegularizer),
      bias: spec(biasInitializer, options.biasRegularizer),
    };
  }

  /** The state after a step, from the one before and the inputs' part of the gates [batch, gates · units]. */
  protected abstract step(params: Params, state: RecurrentState, inputs: Tensor): RecurrentState;

  /** What is carried besides the output; zero at first. */
  protected readonly carried: readonly string[] = [];

  /** Of the bias, from the number of gates' values. */
  protected biasShape(width: number): Shape {
    return [width];
  }

  /** The bias that belongs to the inputs' part. */
  protected inputBias(bias: Tensor): Tensor {
    return bias;
  }

  override params(input: Shape): ParamSpecs {
    const { units, useBias = true } = this.options;
    if (input.length !== 3) {
      throw new GradsmithError(
        "shape",
        this.kind,
        `needs [batch, steps, features], got ${showShape(input)}.`,
        "Reshape to three axes first.",
      );
    }
    const width = this.#gates * units;
    const { kernel, recurrentKernel, bias } = this.#specs;
    const kernels = { kernel: { ...kernel, shape: [input[2]!, width] }, recurrentKernel: { ...recurrentKernel, shape: [units, width] } };
    return useBias ? { ...kernels, bias: { ...bias, shape: this.biasShape(width) } } : kernels;
  }

  call(params: Params, x: Tensor): Tensor {
    const { units, returnSequences = false, goBackwards = false } = this.options;
    const { kernel, bias } = params;
    const product = x.contract("btf,fg->tbg", kernel!);
    const inputs = bias === undefined ? product : product.add(this.inputBias(bias));
    const zero = full([x.shape[0]!, units], 0, { dtype: inputs.dtype });
    const first: RecurrentState = { h: zero, ...Object.fromEntries(this.carried.map((name) => [name, zero])) };
    const body = (state: RecurrentState, z: Tensor): { carry: RecurrentState; y: Tensor } => {
      const carry = this.step(params, state, z);
      return { carry, y: carry.h };
    };
    const { carry, ys } = scan(body, first, { xs: inputs, reverse: goBackwards });
    if (!returnSequences) return carry.h;
    return (goBackwards ? ys.flip(0) : ys).swapAxes(0, 1);
  }
}

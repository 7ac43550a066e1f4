import { scan } from "../../autodiff/scan.ts";
import { flag, positiveInteger } from "../../core/checks.ts";
import { GradsmithError } from "../../core/errors.ts";
import type { OptionChecks } from "../../core/options.ts";
import { checkOptions } from "../../core/options.ts";
import type { Shape } from "../../core/shape.ts";
import { showShape } from "../../core/shape.ts";
import { full } from "../../tensor/create.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import type { Activation, ActivationChoice } from "../activations.ts";
import { activationOf, anActivation } from "../activations.ts";
import type { ConstraintChoice } from "../constraints.ts";
import type { InitializerChoice } from "../initializers.ts";
import type { LayerOptions } from "../layer.ts";
import { Layer } from "../layer.ts";
import type { ParamSpecs, Params } from "../module.ts";
import type { BiasOptions, KernelOptions, Parameter } from "../parameter.ts";
import { parameter, parameterChecks } from "../parameter.ts";
import type { RegularizerChoice } from "../regularizers.ts";
import { layerChecks } from "./layer-checks.ts";

/** The options that all recurrent layers have. */
export interface RecurrentOptions extends LayerOptions, KernelOptions, BiasOptions {
  /** Of the candidate and the output; `tanh` by default. */
  readonly activation?: ActivationChoice | undefined;
  /** Whether the output of every step is given, [batch, steps, units], instead of only the last; false by default. */
  readonly returnSequences?: boolean | undefined;
  /** Whether it walks from the last step to the first; sequences then come in that order, as in Keras. False by default. */
  readonly goBackwards?: boolean | undefined;
  /** The first values of the kernel that the state goes through; `orthogonal` by default. */
  readonly recurrentInitializer?: InitializerChoice | undefined;
  /** What is added to the loss for that kernel's size; nothing by default. */
  readonly recurrentRegularizer?: RegularizerChoice | undefined;
  /** What that kernel is brought to after each update; nothing by default. */
  readonly recurrentConstraint?: ConstraintChoice | undefined;
}

/** How such a layer is built from its options alone, which is also how it is saved. */
export type WithUnits<Options extends RecurrentOptions> = Options & { readonly units: number };

/** Their checks. */
export const recurrentChecks: OptionChecks<WithUnits<RecurrentOptions>> = {
  ...layerChecks,
  ...parameterChecks("kernel", "recurrent", "bias"),
  units: positiveInteger,
  activation: anActivation,
  useBias: flag,
  returnSequences: flag,
  goBackwards: flag,
};

/** What a step carries to the next, the output among it. */
export type RecurrentState = Readonly<Record<string, Tensor>> & { readonly h: Tensor };

/**
 * A layer that walks along a sequence [batch, steps, features]: its gates lie side by side in the kernels, and the inputs' part of all steps'
 * gates is one product before the loop.
 */
export abstract class Recurrent<Options extends WithUnits<RecurrentOptions> = WithUnits<RecurrentOptions>> extends Layer<Options> {
  override readonly autocast = true;
  protected readonly activation: Activation;
  readonly #gates: number;
  readonly #kernel: Parameter;
  readonly #recurrent: Parameter;
  readonly #bias: Parameter;

  constructor(where: string, gates: number, options: Options, checks: OptionChecks<Options>) {
    super(checkOptions(where, options, checks));
    positiveInteger(where, "units", options.units);
    this.#gates = gates;
    this.activation = activationOf(where, options.activation ?? "tanh");
    this.#kernel = parameter(where, "kernel", options, "glorotUniform");
    this.#recurrent = parameter(where, "recurrent", options, "orthogonal");
    this.#bias = parameter(where, "bias", options, "zeros");
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
    const kernel = { ...this.#kernel, shape: [input[2]!, width] };
    const recurrentKernel = { ...this.#recurrent, shape: [units, width] };
    return useBias ? { kernel, recurrentKernel, bias: { ...this.#bias, shape: this.biasShape(width) } } : { kernel, recurrentKernel };
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

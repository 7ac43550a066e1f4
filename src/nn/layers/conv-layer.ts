import { GradsmithError } from "../../core/errors.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import type { Activation, ActivationChoice } from "../activations.ts";
import { activationOf } from "../activations.ts";
import type { Choice } from "../described.ts";
import type { Initializer } from "../initializers.ts";
import { initializerOf } from "../initializers.ts";
import type { LayerContext, LayerOptions, ParamSpec, Params } from "../layer.ts";
import { Layer } from "../layer.ts";
import type { Regularizer } from "../regularizers.ts";
import { regularizerOf } from "../regularizers.ts";
import type { PerAxis } from "./spatial.ts";
import { perAxis } from "./spatial.ts";
import type { WindowGeometry, WindowPadding } from "./windowed.ts";

/** What all layers that convolve can be told. */
export interface ConvLayerOptions extends LayerOptions {
  /** The size of the window: one number for all spatial axes, or one for each. */
  readonly kernelSize: PerAxis;
  /** From one window to the next; 1 by default. */
  readonly strides?: PerAxis;
  /** From one place in a window to the next; 1 by default. */
  readonly dilation?: PerAxis;
  readonly activation?: ActivationChoice;
  readonly useBias?: boolean;
  readonly biasInitializer?: Choice<Initializer>;
  readonly biasRegularizer?: Choice<Regularizer>;
  /** A penalty on the output, averaged over the batch. */
  readonly activityRegularizer?: Choice<Regularizer>;
}

/** A convolution of some kind, then a bias and an activation. */
export abstract class ConvLayer<Options extends ConvLayerOptions & { readonly padding?: WindowPadding }> extends Layer {
  readonly kind: string;
  readonly options: Options;
  override readonly ending: Activation;
  protected readonly rank: number;
  protected readonly geometry: WindowGeometry;
  readonly #bias: Omit<ParamSpec, "shape">;
  readonly #activity: Regularizer | undefined;

  constructor(kind: string, rank: number, options: Options) {
    super();
    const { kernelSize, strides = 1, dilation = 1, padding = "valid", biasInitializer = "zeros" } = options;
    this.kind = kind;
    this.rank = rank;
    this.options = options;
    this.ending = activationOf(kind, options.activation);
    this.geometry = {
      sizes: perAxis(kind, "kernelSize", kernelSize, rank),
      strides: perAxis(kind, "strides", strides, rank),
      dilations: perAxis(kind, "dilation", dilation, rank),
      padding: knownPadding(kind, padding, rank),
    };
    this.#bias = {
      trainable: true,
      initializer: initializerOf(kind, biasInitializer),
      regularizer: regularizerOf(kind, options.biasRegularizer),
    };
    this.#activity = regularizerOf(kind, options.activityRegularizer);
  }

  /** The output before bias and activation. */
  protected abstract convolved(params: Params, x: Tensor): Tensor;

  /** The bias among the layer's variables, unless it has none. */
  protected biasSpec(filters: number): Readonly<Record<string, ParamSpec>> {
    return this.options.useBias === false ? {} : { bias: { ...this.#bias, shape: [filters] } };
  }

  call(params: Params, x: Tensor, context: LayerContext): Tensor {
    return this.ending.call(this.beforeEnding(params, x, context));
  }

  override beforeEnding(params: Params, x: Tensor, context: LayerContext): Tensor {
    const y = this.convolved(params, x);
    const biased = params.bias === undefined ? y : y.add(params.bias);
    if (this.#activity !== undefined) context.addLoss(this.#activity.penalty(this.ending.call(biased)).div(x.shape[0]!));
    return biased;
  }
}

/** A kernel's initializer and regularizer, as a variable without its shape. */
export const kernelSpec = (
  where: string,
  initializer: Choice<Initializer> = "glorotUniform",
  regularizer?: Choice<Regularizer>,
): Omit<ParamSpec, "shape"> => ({
  trainable: true,
  initializer: initializerOf(where, initializer),
  regularizer: regularizerOf(where, regularizer),
});

/** A padding a user named; only sequences have a causal one. */
export function knownPadding(where: string, padding: WindowPadding, rank: number): WindowPadding {
  const known: readonly WindowPadding[] = rank === 1 ? ["valid", "same", "causal"] : ["valid", "same"];
  if (known.includes(padding)) return padding;
  throw new GradsmithError("option", where, `unknown padding "${String(padding)}".`, `Known: ${known.join(", ")}.`);
}

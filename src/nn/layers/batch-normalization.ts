import { finiteNumber, within } from "../../core/checks.ts";
import type { Shape } from "../../core/shape.ts";
import { normalizeAxis } from "../../core/shape.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import type { Choice } from "../described.ts";
import type { Initializer } from "../initializers.ts";
import { initializerOf } from "../initializers.ts";
import type { LayerContext, LayerOptions, ParamSpec, ParamSpecs, Params } from "../layer.ts";
import { Layer } from "../layer.ts";
import type { Regularizer } from "../regularizers.ts";
import { regularizerOf } from "../regularizers.ts";

export interface BatchNormalizationOptions extends LayerOptions {
  /** The axis of the features. */
  readonly axis?: number;
  /** How much of the old moving statistics is kept per step. */
  readonly momentum?: number;
  readonly epsilon?: number;
  /** Whether beta is learned and added. */
  readonly center?: boolean;
  /** Whether gamma is learned and multiplied with. */
  readonly scale?: boolean;
  readonly betaInitializer?: Choice<Initializer>;
  readonly gammaInitializer?: Choice<Initializer>;
  readonly movingMeanInitializer?: Choice<Initializer>;
  readonly movingVarianceInitializer?: Choice<Initializer>;
  readonly betaRegularizer?: Choice<Regularizer>;
  readonly gammaRegularizer?: Choice<Regularizer>;
}

export class BatchNormalization extends Layer {
  readonly kind = "batchNormalization";
  readonly options: BatchNormalizationOptions;
  readonly #specs: Readonly<Record<"gamma" | "beta" | "movingMean" | "movingVariance", Omit<ParamSpec, "shape">>>;

  constructor(options: BatchNormalizationOptions = {}) {
    super();
    within(this.kind, "momentum", options.momentum ?? 0.99, 0, 1);
    finiteNumber(this.kind, "epsilon", options.epsilon ?? 1e-3);
    this.options = options;
    const initializer = (choice: Choice<Initializer> | undefined, standard: string) => initializerOf(this.kind, choice ?? standard);
    this.#specs = {
      gamma: {
        trainable: true,
        initializer: initializer(options.gammaInitializer, "ones"),
        regularizer: regularizerOf(this.kind, options.gammaRegularizer),
      },
      beta: {
        trainable: true,
        initializer: initializer(options.betaInitializer, "zeros"),
        regularizer: regularizerOf(this.kind, options.betaRegularizer),
      },
      movingMean: { trainable: false, initializer: initializer(options.movingMeanInitializer, "zeros") },
      movingVariance: { trainable: false, initializer: initializer(options.movingVarianceInitializer, "ones") },
    };
  }

  override params(input: Shape): ParamSpecs {
    const { axis = -1, center = true, scale = true } = this.options;
    const shape = [input[normalizeAxis(this.kind, axis, input.length)]!];
    const { gamma, beta, movingMean, movingVariance } = this.#specs;
    return {
      ...(scale ? { gamma: { ...gamma, shape } } : {}),
      ...(center ? { beta: { ...beta, shape } } : {}),
      movingMean: { ...movingMean, shape },
      movingVariance: { ...movingVariance, shape },
    };
  }

  call(params: Params, x: Tensor, context: LayerContext): Tensor {
    const { axis = -1, momentum = 0.99, epsilon = 1e-3 } = this.options;
    const features = normalizeAxis(this.kind, axis, x.shape.length);
    const others = x.shape.map((_, i) => i).filter((i) => i !== features);
    const along = (v: Tensor): Tensor => v.reshape(x.shape.map((size, i) => (i === features ? size : 1)));

    let mean = along(params.movingMean!);
    let variance = along(params.movingVariance!);
    if (context.training) {
      mean = x.mean({ axes: others, keepDims: true });
      variance = x.sub(mean).square().mean({ axes: others, keepDims: true });
      const moved = (old: Tensor, seen: Tensor): Tensor =>
        old.mul(momentum).add(
          seen
            .stopGradient()
            .reshape(old.shape)
            .mul(1 - momentum),
        );
      context.write("movingMean", moved(params.movingMean!, mean));
      context.write("movingVariance", moved(params.movingVariance!, variance));
    }
    const deviation = variance.add(epsilon).rsqrt();
    const factor = params.gamma === undefined ? deviation : deviation.mul(along(params.gamma));
    const scaled = x.sub(mean).mul(factor);
    return params.beta === undefined ? scaled : scaled.add(along(params.beta));
  }
}

/**
 * Batch normalisation (Ioffe & Szegedy, 2015) of each feature over the batch and all other axes.
 *
 *     y = γ·(x − μ)/√(σ² + ε) + β
 *
 * In training μ and σ² are the batch's, and the moving statistics follow them: moving ← momentum·moving + (1 − momentum)·batch. Otherwise the
 * moving statistics are used. Defaults are Keras's.
 */
export const batchNormalization = (options: BatchNormalizationOptions = {}): BatchNormalization => new BatchNormalization(options);

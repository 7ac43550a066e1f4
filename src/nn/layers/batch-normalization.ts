import { customGradient } from "../../autodiff/custom-gradient.ts";
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

    const gamma = params.gamma && along(params.gamma);
    const beta = params.beta && along(params.beta);
    if (!context.training) {
      const deviation = along(params.movingVariance!).add(epsilon).rsqrt();
      return scaled(x.sub(along(params.movingMean!)), deviation, gamma, beta);
    }
    const { mean, variance } = moments(x.stopGradient(), others);
    const moved = (old: Tensor, seen: Tensor): Tensor => old.mul(momentum).add(seen.reshape(old.shape).mul(1 - momentum));
    context.write("movingMean", moved(params.movingMean!, mean));
    context.write("movingVariance", moved(params.movingVariance!, variance));
    return normalized(x, gamma, beta, others, epsilon);
  }
}

/** Mean and variance over some axes, which stay with size 1. */
interface Moments {
  readonly mean: Tensor;
  readonly variance: Tensor;
}

/**
 * Those of each sample first, then of all samples from these (Chan, Golub & LeVeque, 1979): a sample is still in the cache when its variance
 * is taken, so that the batch is read from memory once. Exact, as the textbook's E[x²] − E[x]² is not.
 */
function moments(x: Tensor, axes: readonly number[]): Moments {
  const [samples, ...places] = axes;
  if (samples !== 0 || places.length === 0) {
    const mean = x.mean({ axes, keepDims: true });
    return { mean, variance: x.sub(mean).square().mean({ axes, keepDims: true }) };
  }
  const each = moments(x, places);
  const over = { axes: [samples], keepDims: true };
  const mean = each.mean.mean(over);
  return { mean, variance: each.variance.mean(over).add(each.mean.sub(mean).square().mean(over)) };
}

const scaled = (centered: Tensor, deviation: Tensor, gamma: Tensor | undefined, beta: Tensor | undefined): Tensor => {
  const y = centered.mul(gamma === undefined ? deviation : deviation.mul(gamma));
  return beta === undefined ? y : y.add(beta);
};

/**
 * With x̂ = (x − μ)·d and d = 1/√(σ² + ε):
 *
 *     ∂γ = Σ g·x̂      ∂β = Σ g      ∂x = γ·d·(g − ∂β/n − x̂·∂γ/n)
 *
 * Both sums are taken in one pass, which what differentiating mean and variance one by one comes to does not show.
 */
function normalized(x: Tensor, gamma: Tensor | undefined, beta: Tensor | undefined, axes: readonly number[], epsilon: number): Tensor {
  const n = axes.reduce((product, axis) => product * x.shape[axis]!, 1);
  const given = (tensors: readonly Tensor[]) => {
    const rest = tensors.slice(1);
    return { x: tensors[0]!, gamma: gamma && rest.shift(), beta: beta && rest.shift() };
  };
  const parts = (x: Tensor) => {
    const { mean, variance } = moments(x, axes);
    return { centered: x.sub(mean), deviation: variance.add(epsilon).rsqrt() };
  };
  return customGradient(
    (...tensors) => {
      const { x, gamma, beta } = given(tensors);
      const { centered, deviation } = parts(x);
      return scaled(centered, deviation, gamma, beta);
    },
    (g, tensors) => {
      const { x, gamma } = given(tensors);
      const { centered, deviation } = parts(x);
      const total = g.sum({ axes, keepDims: true });
      const along = g.mul(centered).sum({ axes, keepDims: true }).mul(deviation);
      const factor = gamma === undefined ? deviation : deviation.mul(gamma);
      const slope = along.mul(deviation).div(n);
      return [g.sub(total.div(n)).sub(centered.mul(slope)).mul(factor), ...(gamma ? [along] : []), ...(beta ? [total] : [])];
    },
  )(x, ...(gamma ? [gamma] : []), ...(beta ? [beta] : []));
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

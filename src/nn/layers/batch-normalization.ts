import { customGradient } from "../../autodiff/custom-gradient.ts";
import { between, nonNegativeNumber, wholeNumber } from "../../core/checks.ts";
import { checkOptions } from "../../core/options.ts";
import type { Shape } from "../../core/shape.ts";
import { normalizeAxis } from "../../core/shape.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import type { InitializerChoice } from "../initializers.ts";
import { anInitializer } from "../initializers.ts";
import type { LayerOptions } from "../layer.ts";
import { Layer } from "../layer.ts";
import type { CallContext, ParamSpecs, Params } from "../module.ts";
import type { Parameter } from "../parameter.ts";
import { parameter } from "../parameter.ts";
import { layerChecks } from "./layer-checks.ts";
import type { ScaleAndShiftOptions } from "./scale-and-shift.ts";
import { ScaleAndShift, scaleAndShiftChecks } from "./scale-and-shift.ts";

/** The options of `batchNormalization`. */
export interface BatchNormalizationOptions extends LayerOptions, ScaleAndShiftOptions {
  /** The axis of the features; the last by default. */
  readonly axis?: number | undefined;
  /** How much of the old moving statistics is kept per step; 0.99 by default. */
  readonly momentum?: number | undefined;
  /** What is added to the variance, so that nothing is divided by 0; 0.001 by default. */
  readonly epsilon?: number | undefined;
  /** The first values of the moving mean; `zeros` by default. */
  readonly movingMeanInitializer?: InitializerChoice | undefined;
  /** The first values of the moving variance; `ones` by default. */
  readonly movingVarianceInitializer?: InitializerChoice | undefined;
}

export class BatchNormalization extends Layer<BatchNormalizationOptions> {
  override readonly kind = "batchNormalization";
  override readonly autocast = true;
  readonly #learned: ScaleAndShift;
  readonly #mean: Parameter;
  readonly #variance: Parameter;

  constructor(options: BatchNormalizationOptions = {}) {
    super(
      checkOptions("batchNormalization", options, {
        ...layerChecks,
        ...scaleAndShiftChecks,
        axis: wholeNumber,
        momentum: between(0, 1),
        epsilon: nonNegativeNumber,
        movingMeanInitializer: anInitializer,
        movingVarianceInitializer: anInitializer,
      }),
    );
    this.#learned = new ScaleAndShift(this.kind, options);
    this.#mean = parameter(this.kind, "movingMean", options, "zeros");
    this.#variance = parameter(this.kind, "movingVariance", options, "ones");
  }

  override params(input: Shape): ParamSpecs {
    const shape = [input[normalizeAxis(this.kind, this.options.axis ?? -1, input.length)]!];
    return {
      ...this.#learned.params(shape),
      movingMean: { ...this.#mean, shape, trainable: false },
      movingVariance: { ...this.#variance, shape, trainable: false },
    };
  }

  call(params: Params, x: Tensor, context: CallContext): Tensor {
    const { axis = -1, momentum = 0.99, epsilon = 1e-3 } = this.options;
    const features = normalizeAxis(this.kind, axis, x.shape.length);
    const others = x.shape.map((_, i) => i).filter((i) => i !== features);
    const along = (v: Tensor): Tensor => v.reshape(x.shape.map((size, i) => (i === features ? size : 1)));

    const gamma = params.gamma && along(params.gamma);
    const beta = params.beta && along(params.beta);
    // Frozen, it is the same in training, as in Keras: otherwise its statistics would go on to follow the data.
    if (!context.training || !this.trainable) {
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
 * Batch normalisation (Ioffe & Szegedy, 2015) of each feature over the batch and all other axes, in the shape of its input.
 *
 *     y = γ·(x − μ)/√(σ² + ε) + β        γ, β [features]
 *
 * In training μ and σ² are the batch's, and the moving statistics follow them: moving ← momentum·moving + (1 − momentum)·batch. Otherwise, and
 * where the layer is frozen (`trainable: false`), the moving statistics are used. Defaults are Keras's.
 *
 * @example sequential([dense(512), batchNormalization(), activation("relu")])
 * @throws GradsmithError "option" for an unknown option or a value that can't be, "shape" for an axis that the input has not.
 */
export const batchNormalization = (options: BatchNormalizationOptions = {}): BatchNormalization => new BatchNormalization(options);

import { nonNegativeNumber } from "../../core/checks.ts";
import { checkOptions } from "../../core/options.ts";
import type { Shape } from "../../core/shape.ts";
import { normalizeAxes } from "../../core/shape.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { axisOrAxes } from "../axes.ts";
import type { LayerOptions } from "../layer.ts";
import { Layer } from "../layer.ts";
import type { ParamSpecs, Params } from "../module.ts";
import { layerChecks } from "./layer-checks.ts";
import type { ScaleAndShiftOptions } from "./scale-and-shift.ts";
import { ScaleAndShift, scaleAndShiftChecks } from "./scale-and-shift.ts";

/** The options of `layerNormalization`. */
export interface LayerNormalizationOptions extends LayerOptions, ScaleAndShiftOptions {
  /** The axis, or axes, over which each sample is normalised; the last by default. */
  readonly axis?: number | readonly number[] | undefined;
  /** What is added to the variance, so that nothing is divided by 0; 0.001 by default. */
  readonly epsilon?: number | undefined;
}

export class LayerNormalization extends Layer<LayerNormalizationOptions> {
  override readonly kind = "layerNormalization";
  override readonly autocast = true;
  readonly #learned: ScaleAndShift;

  constructor(options: LayerNormalizationOptions = {}) {
    super(
      checkOptions("layerNormalization", options, {
        ...layerChecks,
        ...scaleAndShiftChecks,
        axis: axisOrAxes,
        epsilon: nonNegativeNumber,
      }),
    );
    this.#learned = new ScaleAndShift(this.kind, options);
  }

  #axes(rank: number): number[] {
    return normalizeAxes(this.kind, this.options.axis ?? -1, rank);
  }

  override params(input: Shape): ParamSpecs {
    return this.#learned.params(this.#axes(input.length).map((axis) => input[axis]!));
  }

  call({ gamma, beta }: Params, x: Tensor): Tensor {
    const axes = this.#axes(x.rank);
    const over = { axes, keepDims: true };
    const along = (v: Tensor): Tensor => v.reshape(x.shape.map((size, axis) => (axes.includes(axis) ? size : 1)));
    const centered = x.sub(x.mean(over));
    const normal = centered.mul(
      centered
        .square()
        .mean(over)
        .add(this.options.epsilon ?? 1e-3)
        .rsqrt(),
    );
    const scaled = gamma === undefined ? normal : normal.mul(along(gamma));
    return beta === undefined ? scaled : scaled.add(along(beta));
  }
}

/**
 * Layer normalisation (Ba, Kiros & Hinton, 2016) of each sample over its features, in the shape of its input.
 *
 *     y = γ·(x − μ)/√(σ² + ε) + β        γ, β of the shape of the normalised axes
 *
 * μ and σ² are those of each sample, in training and otherwise. Defaults are Keras's; PyTorch's epsilon is 1e-5.
 *
 * @example layerNormalization(), layerNormalization({ axis: [1, 2, 3], epsilon: 1e-5 })
 * @throws GradsmithError "option" for an unknown option or a value that can't be, "shape" for an axis that the input has not.
 */
export const layerNormalization = (options: LayerNormalizationOptions = {}): LayerNormalization => new LayerNormalization(options);

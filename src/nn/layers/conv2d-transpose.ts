import { positiveInteger } from "../../core/checks.ts";
import type { Shape } from "../../core/shape.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import type { ParamSpecs, Params } from "../module.ts";
import type { KernelOptions, Parameter } from "../parameter.ts";
import { parameter, parameterChecks } from "../parameter.ts";
import { byPlace } from "./by-place.ts";
import type { ConvLayerOptions, WithKernelSize } from "./conv-layer.ts";
import { ConvLayer, convChecks } from "./conv-layer.ts";
import { convolveTransposed } from "./convolve.ts";
import type { PerAxis } from "./spatial.ts";
import { checkImages } from "./spatial.ts";
import { reachOf, spatialOf } from "./windowed.ts";

/** The options of `conv2dTranspose`. */
export interface Conv2dTransposeOptions extends ConvLayerOptions, KernelOptions {}
type Saved = WithKernelSize<Conv2dTransposeOptions> & { readonly filters: number };

export class Conv2dTranspose extends ConvLayer<Saved> {
  readonly #kernel: Parameter;

  constructor(options: Saved) {
    super("conv2dTranspose", 2, options, { ...convChecks(2), ...parameterChecks("kernel"), filters: positiveInteger });
    positiveInteger(this.kind, "filters", options.filters);
    this.#kernel = parameter(this.kind, "kernel", options, "glorotUniform");
  }

  override params(input: Shape): ParamSpecs {
    checkImages(this.kind, input, this.rank);
    const { filters } = this.options;
    return { kernel: { ...this.#kernel, shape: [...this.geometry.sizes, filters, input[input.length - 1]!] }, ...this.biasSpec(filters) };
  }

  protected convolved({ kernel }: Params, x: Tensor): Tensor {
    const { strides, padding } = this.geometry;
    // The lengths a convolution with these windows would have come from, and what it would have put around them.
    const scaled = spatialOf(x.shape).map((length, axis) => length * strides[axis]!);
    const excess = strides.map((stride, axis) => Math.max(0, reachOf(this.geometry, axis) - stride));
    const whole = convolveTransposed(
      x,
      kernel!,
      this.geometry,
      scaled.map((length, axis) => length + excess[axis]!),
    );
    if (padding === "valid") return whole;
    const { filters } = this.options;
    return whole.slice([0, ...excess.map((total) => Math.floor(total / 2)), 0], [x.shape[0]!, ...scaled, filters]);
  }
}

/**
 * The convolution that goes from the shape `conv2d` gives back to the shape it takes (its adjoint by the input), with a kernel
 * [height, width, filters, channels]. A length n becomes n·stride with padding "same", n·stride + max(0, reach − stride) with "valid", where
 * reach = (kernelSize − 1)·dilation + 1.
 *
 * @example conv2dTranspose(16, 4, { strides: 2, padding: "same" })
 * @throws GradsmithError "option" for an unknown option or a value that can't be, "shape" for an input of another rank.
 */
export const conv2dTranspose = (filters: number, kernelSize: PerAxis, options: Conv2dTransposeOptions = {}): Conv2dTranspose =>
  new Conv2dTranspose(byPlace("conv2dTranspose", { filters, kernelSize }, options));

import { convolve } from "../src/nn/layers/convolve.ts";
import type { Tensor } from "../src/tensor/tensor.ts";

/** Images convolved with a kernel of 3x3, as many pixels as before: what `conv2d` records. */
export const sameConvolution = (x: Tensor, kernel: Tensor): Tensor =>
  convolve("conv2d", x, kernel, { sizes: [3, 3], strides: [1, 1], dilations: [1, 1], padding: "same" });

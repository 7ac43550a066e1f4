import { GradsmithError } from "../../core/errors.ts";
import type { Shape } from "../../core/shape.ts";
import { showShape } from "../../core/shape.ts";
import type { Tensor } from "../../tensor/tensor.ts";

/**
 * What is put around the input: `valid` nothing, `same` as much as gives ⌈length / stride⌉ windows, an odd one at the end (as TensorFlow
 * does), `causal` all at the beginning, so that no window sees what comes after it.
 */
export type WindowPadding = "valid" | "same" | "causal";

/** Windows over the spatial axes of [batch, ...spatial, channels]. The lists go with those axes. */
export interface WindowGeometry {
  readonly sizes: readonly number[];
  readonly strides: readonly number[];
  readonly dilations: readonly number[];
  readonly padding: WindowPadding;
}

/** Elements from a window's first place to its last. */
export const reachOf = ({ sizes, dilations }: WindowGeometry, axis: number): number => (sizes[axis]! - 1) * dilations[axis]! + 1;

/** How much is put before and after each spatial axis of these lengths. */
export function paddingOf(geometry: WindowGeometry, lengths: Shape): (readonly [before: number, after: number])[] {
  const { padding, strides } = geometry;
  if (padding === "valid") return lengths.map(() => [0, 0]);
  if (padding === "causal") return lengths.map((_, axis) => [reachOf(geometry, axis) - 1, 0]);
  return lengths.map((length, axis) => {
    const stride = strides[axis]!;
    const total = Math.max(0, (Math.ceil(length / stride) - 1) * stride + reachOf(geometry, axis) - length);
    return [Math.floor(total / 2), Math.ceil(total / 2)];
  });
}

/** The spatial lengths of an input of this shape. */
export const spatialOf = (shape: Shape): Shape => shape.slice(1, -1);

/** `x` with padding around its spatial axes. */
export function padded(x: Tensor, widths: readonly (readonly [number, number])[], value = 0): Tensor {
  if (widths.every(([before, after]) => before === 0 && after === 0)) return x;
  return x.pad([[0, 0], ...widths, ...x.shape.slice(widths.length + 1).map(() => [0, 0] as const)], { value });
}

/**
 * The windows of `x` [batch, ...lengths, ...rest], padded with `value`: [batch, count, size, count, size, ..., ...rest]. Axis `2a + 1` counts
 * the windows along spatial axis `a`, and the one after it the places in a window.
 */
export function windowed(where: string, x: Tensor, geometry: WindowGeometry, value = 0): Tensor {
  const { sizes, strides, dilations } = geometry;
  const lengths = x.shape.slice(1, sizes.length + 1);
  const whole = padded(x, paddingOf(geometry, lengths), value);
  sizes.forEach((size, axis) => {
    const reach = reachOf(geometry, axis);
    if (whole.shape[axis + 1]! >= reach) return;
    const over = reach === size ? `${size}` : `${size} (${reach} with dilation)`;
    throw new GradsmithError(
      "shape",
      where,
      `a window of ${over} is longer than spatial axis ${axis} of ${showShape(x.shape)}.`,
      'Use padding: "same", a smaller window, or a larger input.',
    );
  });
  return whole.windows({ axes: spatialAxes(sizes.length), sizes, strides, dilations });
}

/** 1, 2, ..., rank */
export const spatialAxes = (rank: number): number[] => Array.from({ length: rank }, (_, axis) => axis + 1);

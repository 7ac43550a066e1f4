import type { Tensor } from "../../tensor/tensor.ts";
import type { WindowGeometry } from "./windowed.ts";
import { windowed } from "./windowed.ts";

// One letter per axis: n batch, g group, c channel in, f channel out, m channels out per channel in; i, j, k windows and p, q, r places in them.
const windowLetters = "ijk";
const placeLetters = "pqr";

interface Letters {
  /** Windows. */
  readonly out: string;
  /** Places in a window. */
  readonly taps: string;
  /** Both, as `windowed` lays them. */
  readonly both: string;
}

const lettersOf = (rank: number): Letters => ({
  out: windowLetters.slice(0, rank),
  taps: placeLetters.slice(0, rank),
  both: Array.from({ length: rank }, (_, axis) => windowLetters[axis]! + placeLetters[axis]!).join(""),
});

export interface ConvolveOptions extends WindowGeometry {
  /** Channels are cut into so many groups that don't see each other. */
  readonly groups?: number | undefined;
}

/**
 * Cross-correlation of `x` [batch, ...spatial, channels] with `kernel` [...window, channels / groups, filters], to [batch, ...windows, filters]:
 *
 *     y[n, i, f] = Σₚ Σ꜀ x[n, i·stride + p·dilation, c] · kernel[p, c, f]
 *
 * A contraction of windows, which is compiled to loops over `x` itself: the windows are never copied.
 */
export function convolve(where: string, x: Tensor, kernel: Tensor, { groups = 1, ...geometry }: ConvolveOptions): Tensor {
  const { out, taps, both } = lettersOf(geometry.sizes.length);
  if (groups === 1) return windowed(where, x, geometry).contract(`n${both}c,${taps}cf->n${out}f`, kernel, { where });
  const channels = x.shape[x.rank - 1]! / groups;
  const filters = kernel.shape[kernel.rank - 1]!;
  const grouped = windowed(where, x.reshape([...x.shape.slice(0, -1), groups, channels]), geometry);
  const kernels = kernel.reshape([...kernel.shape.slice(0, -1), groups, filters / groups]);
  const y = grouped.contract(`n${both}gc,${taps}cgf->n${out}gf`, kernels, { where });
  return y.reshape([...y.shape.slice(0, -2), filters]);
}

/**
 * Each channel with kernels of its own: `kernel` [...window, channels, multiplier] makes `channels · multiplier` channels, those of the first
 * input channel first.
 */
export function convolveDepthwise(where: string, x: Tensor, kernel: Tensor, geometry: WindowGeometry): Tensor {
  const { sizes } = geometry;
  const windows = windowed(where, x, geometry);
  const [channels, multiplier] = kernel.shape.slice(-2) as [number, number];
  if (multiplier === 1) {
    // With nothing to sum over but the window, a product that is summed is the better form: vectors lie along the channels.
    const places = kernel.reshape([...sizes.flatMap((size, axis) => (axis === 0 ? [size] : [1, size])), channels]);
    return windows.mul(places).sum({ axes: sizes.map((_, axis) => 2 * axis + 2) });
  }
  const { out, taps, both } = lettersOf(sizes.length);
  const y = windows.contract(`n${both}c,${taps}cm->n${out}cm`, kernel, { where });
  return y.reshape([...y.shape.slice(0, -2), channels * multiplier]);
}

/**
 * The adjoint of `convolve` by its input: every element of `x` [batch, ...windows, channels] lays a window scaled by `kernel`
 * [...window, filters, channels] where `convolve` would have read one, into [batch, ...lengths, filters].
 */
export function convolveTransposed(
  x: Tensor,
  kernel: Tensor,
  { sizes, strides, dilations }: WindowGeometry,
  lengths: readonly number[],
): Tensor {
  const { out, taps, both } = lettersOf(sizes.length);
  const axes = sizes.map((_, axis) => axis + 1);
  return x.contract(`n${out}c,${taps}fc->n${both}f`, kernel).fold({ axes, lengths, strides, dilations });
}

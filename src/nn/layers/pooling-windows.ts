import type { Shape } from "../../core/shape.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import type { WindowGeometry } from "./windowed.ts";
import { paddingOf, reachOf, spatialAxes, spatialOf, windowed } from "./windowed.ts";

/**
 * The windows of `x` [batch, ...lengths, channels], padded with `value`: [batch, count, size, ..., channels]. Windows that don't overlap are
 * another shape of the input, so that their adjoint is too, and no sum over the windows an element is in.
 */
export function poolingWindows(where: string, x: Tensor, geometry: WindowGeometry, value: number): Tensor {
  const counts = blockCounts(geometry, x.shape);
  if (counts === undefined) return windowed(where, x, geometry, value);
  const { sizes } = geometry;
  const used = x.slice(
    x.shape.map(() => 0),
    [x.shape[0]!, ...counts.map((count, axis) => count * sizes[axis]!), x.shape[x.rank - 1]!],
  );
  return used.reshape([x.shape[0]!, ...counts.flatMap((count, axis) => [count, sizes[axis]!]), x.shape[x.rank - 1]!]);
}

/** How many windows there are along each axis, if they lie side by side with nothing put around. */
function blockCounts(geometry: WindowGeometry, shape: Shape): number[] | undefined {
  const { sizes, strides } = geometry;
  const lengths = spatialOf(shape);
  const areBlocks = sizes.every((size, axis) => strides[axis] === size && reachOf(geometry, axis) === size && lengths[axis]! >= size);
  const isWhole = paddingOf(geometry, lengths).every(([before, after]) => before + after === 0);
  return areBlocks && isWhole ? lengths.map((length, axis) => Math.floor(length / sizes[axis]!)) : undefined;
}

/** The axes of `poolingWindows` that count the places in a window. */
export const placeAxes = (rank: number): number[] => spatialAxes(rank).map((axis) => 2 * axis);

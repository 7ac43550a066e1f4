import type { Shape } from "../../core/shape.ts";
import type { SpreadAttributes } from "../../tensor/ops/windows.ts";
import { spread } from "../../tensor/ops/windows.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import type { WindowGeometry } from "./windowed.ts";
import { padded, paddingOf, reachOf, spatialAxes, spatialOf, windowed } from "./windowed.ts";

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

/**
 * The adjoint of `poolingWindows`, for parts made of one value for each window: what the places of the windows have, added where they were
 * taken from, in a tensor of this shape. `parts` is given a function that lays values of windows over their places; it works on what was laid
 * there, so that nothing as large as all windows is ever in memory.
 */
export function unpool(parts: (lay: (values: Tensor) => Tensor) => Tensor, shape: Shape, geometry: WindowGeometry): Tensor {
  const counts = blockCounts(geometry, shape);
  const lengths = spatialOf(shape);
  const [batch, channels] = [shape[0]!, shape[shape.length - 1]!];
  const axes = placeAxes(lengths.length);
  if (counts !== undefined) {
    const used = counts.map((count, axis) => count * geometry.sizes[axis]!);
    const blocks = parts((values) => values.expandDims(axes));
    return padded(
      blocks.reshape([batch, ...used, channels]),
      used.map((length, axis) => [0, lengths[axis]! - length]),
    );
  }
  const widths = paddingOf(geometry, lengths);
  const { sizes, strides, dilations } = geometry;
  const attributes: SpreadAttributes = {
    axes: spatialAxes(lengths.length),
    sizes,
    strides,
    dilations,
    lengths: lengths.map((length, axis) => length + widths[axis]![0] + widths[axis]![1]),
  };
  const whole = parts((values) => {
    const windows = values.shape.slice(1, -1).flatMap((count, axis) => [count, sizes[axis]!]);
    return values
      .expandDims(axes)
      .broadcastTo([batch, ...windows, channels])
      .record(spread, attributes);
  }).sum({ axes });
  if (widths.every(([before, after]) => before + after === 0)) return whole;
  return whole.slice([0, ...widths.map(([before]) => before), 0], shape);
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

import { customGradient } from "../../autodiff/custom-gradient.ts";
import type { Shape } from "../../core/shape.ts";
import { sameShape, sizeOf } from "../../core/shape.ts";
import { tensor } from "../../tensor/create.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { placeAxes, poolingWindows } from "./pooling-windows.ts";
import type { WindowGeometry } from "./windowed.ts";
import { padded, paddingOf, spatialAxes, spatialOf } from "./windowed.ts";

/**
 * The largest element of each window over the spatial axes of [batch, ...spatial, channels]. The gradient goes to the first of equal ones, in
 * row-major order, as in PyTorch. It remembers which place of each window won, one integer for each output element, and reads no input.
 */
export function maxPool(where: string, x: Tensor, geometry: WindowGeometry): Tensor {
  const axes = placeAxes(geometry.sizes.length);
  const windowsOf = (images: Tensor): Tensor => poolingWindows(where, images, geometry, -Infinity);
  const pool = customGradient(
    (images) => windowsOf(images).max({ axes }),
    (g, [images], y) => {
      const places = numbered(geometry.sizes.flatMap((size, axis) => (axis === 0 ? [size] : [1, size])).concat(1), (place) => place);
      // `less` and not `equal`: where NaN won, a place has won too.
      const winner = windowsOf(images!).less(y.expandDims(axes)).where(sizeOf(geometry.sizes), places).min({ axes });
      return [toWinners(g, winner, images!.shape, geometry)];
    },
  );
  return pool(x);
}

/**
 * The sum, for each element of a tensor of this shape, of `g` over the windows it won. With padding counted, element i·stride + r is in the
 * windows i, i − 1, ..., at the places r, r + stride, ...: so few windows are looked at, and all of `g` is read in order.
 */
function toWinners(g: Tensor, winner: Tensor, shape: Shape, geometry: WindowGeometry): Tensor {
  const { sizes, strides } = geometry;
  const [batch, channels] = [shape[0]!, shape[shape.length - 1]!];
  const lengths = spatialOf(shape);
  const widths = paddingOf(geometry, lengths);
  const overlaps = sizes.map((size, axis) => Math.ceil(size / strides[axis]!));
  const counts = lengths.map((length, axis) => Math.ceil((widths[axis]![0] + length) / strides[axis]!));

  // [batch, count, stride, overlap, count, stride, overlap, ..., channels], with the stride's axes of size 1.
  const lay = (values: Tensor): Tensor =>
    padded(
      values,
      overlaps.map((overlap, axis) => [overlap - 1, counts[axis]! - values.shape[axis + 1]!]),
    )
      .windows({ axes: spatialAxes(sizes.length), sizes: overlaps })
      .expandDims(sizes.map((_, axis) => 3 * axis + 2));
  const won = lay(winner).equal(placesOfElements(geometry, overlaps)).where(lay(g), 0);
  const shared = overlaps.flatMap((overlap, axis) => (overlap > 1 ? [3 * axis + 3] : []));
  const sums = shared.length === 0 ? won : won.sum({ axes: shared });

  const whole = sums.reshape([batch, ...counts.map((count, axis) => count * strides[axis]!), channels]);
  if (sameShape(whole.shape, shape)) return whole;
  return whole.slice([0, ...widths.map(([before]) => before), 0], shape);
}

/** The places of elements in their windows, [stride, overlap, 1, stride, overlap, 1] for two axes; −1 where an element isn't in the window. */
function placesOfElements({ sizes, strides }: WindowGeometry, overlaps: readonly number[]): Tensor {
  const places = sizes.reduce<number[]>(
    (before, size, axis) => {
      const [stride, overlap] = [strides[axis]!, overlaps[axis]!];
      // The last of the windows an element is in comes last: there it has its first place.
      const own = Array.from({ length: stride * overlap }, (_, i) => Math.floor(i / overlap) + (overlap - 1 - (i % overlap)) * stride);
      return before.flatMap((place) => own.map((next) => (place < 0 || next >= size ? -1 : place * size + next)));
    },
    [0],
  );
  return numbered(
    sizes.flatMap((_, axis) => [strides[axis]!, overlaps[axis]!, 1]),
    (i) => places[i]!,
  );
}

const numbered = (shape: Shape, value: (i: number) => number): Tensor =>
  tensor(
    Int32Array.from({ length: sizeOf(shape) }, (_, i) => value(i)),
    { shape },
  );

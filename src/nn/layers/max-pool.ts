import { customGradient } from "../../autodiff/custom-gradient.ts";
import { sizeOf } from "../../core/shape.ts";
import { tensor } from "../../tensor/create.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { placeAxes, poolingWindows, unpool } from "./pooling-windows.ts";
import type { WindowGeometry } from "./windowed.ts";

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
      const windows = windowsOf(images!);
      const place = places(geometry);
      // `less` and not `equal`: where NaN won, a place has won too.
      const winner = windows.less(y.expandDims(axes)).where(sizeOf(geometry.sizes), place).min({ axes });
      return [unpool((lay) => lay(winner).equal(place).where(lay(g), 0), images!.shape, geometry)];
    },
  );
  return pool(x);
}

/** The places in a window, numbered in row-major order, to be broadcast to the windows: [size, 1, size, 1] for two axes. */
const places = ({ sizes }: WindowGeometry): Tensor =>
  tensor(
    Int32Array.from({ length: sizeOf(sizes) }, (_, place) => place),
    { shape: sizes.flatMap((size) => [size, 1]) },
  );

import { GradsmithError } from "../../core/errors.ts";
import type { Shape } from "../../core/shape.ts";
import { broadcastShapes, sameShape, showShape, sizeOf } from "../../core/shape.ts";
import { fixed, flatten, offset, times, unflatten } from "../../ir/index.ts";
import { everywhere, movement } from "./define.ts";

export interface ShapeAttributes {
  readonly shape: Shape;
}
export interface AxesAttributes {
  readonly axes: readonly number[];
}

/** The same elements in row-major order under another shape. */
export const reshape = movement<ShapeAttributes>("reshape", {
  infer([x], { shape }) {
    if (sizeOf(x!.shape) === sizeOf(shape)) return shape;
    throw new GradsmithError(
      "shape",
      "reshape",
      `${showShape(x!.shape)} holds ${sizeOf(x!.shape)} elements and ${showShape(shape)} holds ${sizeOf(shape)}.`,
      "Let one axis be -1 to have it counted.",
    );
  },
  source: (out, [x], { shape }) => everywhere(unflatten(flatten(out, shape), x!.shape)),
  vjp: (g, [x]) => [g.reshape(x!.shape)],
});

/** Axis `i` of the result is axis `axes[i]` of the input. */
export const transpose = movement<AxesAttributes>("transpose", {
  infer: ([x], { axes }) => axes.map((axis) => x!.shape[axis]!),
  source: (out, [x], { axes }) => everywhere(x!.shape.map((_, axis) => out[axes.indexOf(axis)]!)),
  vjp: (g, _inputs, _output, { axes }) => [g.permute(axes.map((_, axis) => axes.indexOf(axis)))],
});

/** Axes of 1 stretched, axes put in front. */
export const broadcast = movement<ShapeAttributes>("broadcastTo", {
  infer([x], { shape }) {
    if (sameShape(broadcastShapes("broadcastTo", x!.shape, shape), shape)) return shape;
    throw new GradsmithError(
      "shape",
      "broadcastTo",
      `${showShape(x!.shape)} does not stretch to ${showShape(shape)}.`,
      "Only axes of 1 stretch.",
    );
  },
  source(out, [x], { shape }) {
    const added = shape.length - x!.shape.length;
    return everywhere(x!.shape.map((size, axis) => (size === 1 ? fixed(0) : out[axis + added]!)));
  },
  // The walk sums what was stretched, as for every op that broadcasts.
  vjp: (g) => [g],
});

/** Backwards along `axes`. */
export const flip = movement<AxesAttributes>("flip", {
  infer: ([x]) => x!.shape,
  source: (out, [x], { axes }) =>
    everywhere(out.map((index, axis) => (axes.includes(axis) ? offset(times(index, -1), x!.shape[axis]! - 1) : index))),
  vjp: (g, _inputs, _output, { axes }) => [g.flip(axes)],
});

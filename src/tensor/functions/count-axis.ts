import { GradsmithError } from "../../core/errors.ts";
import { described } from "../../core/options.ts";
import type { Shape } from "../../core/shape.ts";
import { showShape, sizeOf } from "../../core/shape.ts";

/** A shape with its -1, if it has one, counted from the number of elements. */
export function countAxis(shape: Shape, from: Shape): Shape {
  const unknown = Array.isArray(shape) ? shape.flatMap((size, axis) => (size === -1 ? [axis] : [])) : undefined;
  if (unknown === undefined || unknown.length > 1 || shape.some((size) => !Number.isInteger(size) || size < -1)) {
    throw new GradsmithError("shape", "reshape", `${described(shape)} is not a shape.`, "Use integers from 0, and -1 once at most.");
  }
  if (unknown.length === 0) return shape;
  const known = sizeOf(shape.filter((size) => size !== -1));
  const size = sizeOf(from);
  if (known > 0 && size % known === 0) return shape.map((length) => (length === -1 ? size / known : length));
  throw new GradsmithError(
    "shape",
    "reshape",
    `the ${size} elements of ${showShape(from)} do not divide into ${showShape(shape)}.`,
    "Check the other axes.",
  );
}

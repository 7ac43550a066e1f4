import { GradsmithError } from "../../core/errors.ts";
import { described } from "../../core/options.ts";
import type { Shape } from "../../core/shape.ts";
import { showShape } from "../../core/shape.ts";
import type { SliceAttributes } from "../ops/slicing.ts";

/** A slice as it was asked for, complete: axes left out are whole, negative starts count from the end, a size of -1 takes the rest. */
export function sliceAttributes(
  shape: Shape,
  starts: readonly number[],
  sizes: readonly number[],
  strides: readonly number[],
): SliceAttributes {
  for (const [name, list] of [
    ["starts", starts],
    ["sizes", sizes],
    ["strides", strides],
  ] as const) {
    if (!Array.isArray(list) || list.length > shape.length || list.some((n) => !Number.isInteger(n))) {
      throw new GradsmithError(
        "shape",
        "slice",
        `${name} ${described(list)} do not suit ${showShape(shape)}.`,
        `Give ${shape.length} integers at most.`,
      );
    }
  }
  if (strides.some((stride) => stride < 1)) {
    throw new GradsmithError("option", "slice", `strides [${strides.join(", ")}] must be 1 or more.`, "Use flip to go backwards.");
  }
  const begin = shape.map((length, axis) => {
    const start = starts[axis] ?? 0;
    return start < 0 ? start + length : start;
  });
  const steps = shape.map((_, axis) => strides[axis] ?? 1);
  const counts = shape.map((length, axis) => {
    const size = sizes[axis] ?? -1;
    return size === -1 ? Math.max(0, Math.ceil((length - begin[axis]!) / steps[axis]!)) : size;
  });
  return { starts: begin, sizes: counts, strides: steps };
}

import { oneOrMore, positiveInteger, wholeNumber } from "../../core/checks.ts";
import { GradsmithError } from "../../core/errors.ts";
import type { OptionChecks } from "../../core/options.ts";
import { checkOptions } from "../../core/options.ts";
import type { Shape } from "../../core/shape.ts";
import { normalizeAxis, showShape } from "../../core/shape.ts";
import type { SpreadAttributes, WindowsAttributes } from "../ops/windows.ts";
import { windowCount } from "../ops/windows.ts";

/** Lists go with `axes`; one number stands for all of them. */
export interface WindowsOptions {
  readonly axes: number | readonly number[];
  /** Places in a window. */
  readonly sizes: number | readonly number[];
  /** From one window to the next; 1 by default. */
  readonly strides?: number | readonly number[] | undefined;
  /** From one place in a window to the next; 1 by default. */
  readonly dilations?: number | readonly number[] | undefined;
}
export interface FoldOptions {
  /** The axes to be put together again, numbered as in the result. */
  readonly axes: number | readonly number[];
  /** How long they shall be. */
  readonly lengths: number | readonly number[];
  readonly strides?: number | readonly number[] | undefined;
  readonly dilations?: number | readonly number[] | undefined;
}

const counts = oneOrMore(positiveInteger);
const common = { axes: oneOrMore(wholeNumber), strides: counts, dilations: counts };
const windowsChecks: OptionChecks<WindowsOptions> = { ...common, sizes: counts };
const foldChecks: OptionChecks<FoldOptions> = { ...common, lengths: counts };

const listOf = (value: number | readonly number[]): readonly number[] => (typeof value === "number" ? [value] : value);

/** One number for each axis, in ascending order of the axes. */
function perAxis(where: string, name: string, value: number | readonly number[], order: readonly number[]): number[] {
  const list = typeof value === "number" ? order.map(() => value) : value;
  if (list.length === order.length) return order.map((i) => list[i]!);
  throw new GradsmithError(
    "option",
    where,
    `${name} must be ${order.length} positive integers, got [${list.join(", ")}].`,
    "Give one for each axis.",
  );
}

function ascending(where: string, axes: number | readonly number[], rank: number): { axes: number[]; order: number[] } {
  const counted = listOf(axes).map((axis) => normalizeAxis(where, axis, rank));
  const order = counted.map((_, i) => i).sort((i, j) => counted[i]! - counted[j]!);
  const sorted = order.map((i) => counted[i]!);
  if (sorted.every((axis, i) => axis !== sorted[i + 1])) return { axes: sorted, order };
  throw new GradsmithError("option", where, `axes [${counted.join(", ")}] name one twice.`, "Name each axis once.");
}

export function windowsAttributes(options: WindowsOptions, rank: number): WindowsAttributes {
  const { axes, sizes, strides = 1, dilations = 1 } = checkOptions("windows", options, windowsChecks, ["axes", "sizes"]);
  const { axes: sorted, order } = ascending("windows", axes, rank);
  return {
    axes: sorted,
    sizes: perAxis("windows", "sizes", sizes, order),
    strides: perAxis("windows", "strides", strides, order),
    dilations: perAxis("windows", "dilations", dilations, order),
  };
}

export function foldAttributes(options: FoldOptions, shape: Shape): SpreadAttributes {
  const { axes, lengths, strides = 1, dilations = 1 } = checkOptions("fold", options, foldChecks, ["axes", "lengths"]);
  const rank = shape.length - listOf(axes).length;
  const { axes: sorted, order } = ascending("fold", axes, rank);
  const attributes = {
    axes: sorted,
    sizes: sorted.map((axis, i) => shape[axis + i + 1]!),
    strides: perAxis("fold", "strides", strides, order),
    dilations: perAxis("fold", "dilations", dilations, order),
    lengths: perAxis("fold", "lengths", lengths, order),
  };
  sorted.forEach((axis, i) => {
    const count = windowCount(attributes.lengths[i]!, attributes.sizes[i]!, attributes.strides[i]!, attributes.dilations[i]!);
    if (count === shape[axis + i]) return;
    throw new GradsmithError(
      "shape",
      "fold",
      `an axis of ${attributes.lengths[i]} has ${count} windows of ${attributes.sizes[i]}, ${showShape(shape)} has ${shape[axis + i]}.`,
      "Use the lengths, strides and dilations of the windows that are put back.",
    );
  });
  return attributes;
}

import { GradsmithError } from "../core/errors.ts";
import { normalizeAxes, normalizeAxis } from "../core/shape.ts";

export interface AxisOptions {
  /** One axis or several; negative ones count from the end. All by default. */
  readonly axis?: number | readonly number[] | undefined;
  /** The same, under the name that reads better for several. */
  readonly axes?: number | readonly number[] | undefined;
}
export interface ReduceOptions extends AxisOptions {
  /** Leaves the reduced axes with size 1. */
  readonly keepDims?: boolean | undefined;
}
/** Axes alone, or options with them. */
export type AxisArgument = number | readonly number[] | AxisOptions;
export type ReduceArgument = number | readonly number[] | ReduceOptions;

const isOptions = (argument: AxisArgument): argument is ReduceOptions => typeof argument === "object" && !Array.isArray(argument);

export function reduceOptions(argument: ReduceArgument | undefined): ReduceOptions {
  if (argument === undefined) return {};
  return isOptions(argument) ? argument : { axes: argument as number | readonly number[] };
}

/** The axes that were asked for, counted from the front, ascending; all when none were named. */
export function axesOf(where: string, argument: AxisArgument | undefined, rank: number): number[] {
  const { axis, axes } = reduceOptions(argument);
  if (axis === undefined || axes === undefined) return normalizeAxes(where, axis ?? axes, rank);
  throw new GradsmithError("option", where, "axis and axes were both given.", "They mean the same: use one.");
}

/** The one axis that was asked for. */
export function axisOf(where: string, argument: AxisArgument | undefined, rank: number, fallback: number): number {
  const { axis, axes } = reduceOptions(argument);
  const given = axis ?? axes ?? fallback;
  if (typeof given === "number") return normalizeAxis(where, given, rank);
  if (given.length === 1) return normalizeAxis(where, given[0]!, rank);
  throw new GradsmithError("option", where, `needs one axis, got [${given.join(", ")}].`, "Name one, or reshape first.");
}

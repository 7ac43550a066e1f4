import { anything, flag } from "../core/checks.ts";
import { GradsmithError } from "../core/errors.ts";
import type { OptionChecks } from "../core/options.ts";
import { checkOptions, described } from "../core/options.ts";
import { normalizeAxes, normalizeAxis } from "../core/shape.ts";

export interface AxisOptions {
  /** One axis or several; negative ones count from the end. */
  readonly axis?: number | readonly number[] | undefined;
  /** The same, under the name that reads better for several. */
  readonly axes?: number | readonly number[] | undefined;
}
export interface ReduceOptions extends AxisOptions {
  /** Leaves the reduced axes with size 1. Default false. */
  readonly keepDims?: boolean | undefined;
}
/** Axes alone, or options with them. */
export type AxisArgument = number | readonly number[] | AxisOptions;
export type ReduceArgument = number | readonly number[] | ReduceOptions;

/** Axes are looked at once the rank is known. */
export const axisChecks: OptionChecks<AxisOptions> = { axis: anything, axes: anything };
export const reduceChecks: OptionChecks<ReduceOptions> = { ...axisChecks, keepDims: flag };

type Axes = number | readonly number[];

const isOptions = (argument: Axes | AxisOptions | undefined): argument is AxisOptions =>
  typeof argument === "object" && !Array.isArray(argument);

/** Whether reduced axes stay, with size 1. */
export const keepsDims = (argument: ReduceArgument | undefined): boolean =>
  isOptions(argument) && (argument as ReduceOptions).keepDims === true;

/** The axes in an argument as they were given, its options checked. */
export function givenAxes<Options extends AxisOptions>(
  where: string,
  argument: Axes | Options | undefined,
  checks: OptionChecks<Options>,
): Axes | undefined {
  if (!isOptions(argument)) return argument;
  const { axis, axes } = checkOptions(where, argument, checks);
  if (axis === undefined || axes === undefined) return axis ?? axes;
  throw new GradsmithError("option", where, "axis and axes were both given.", "They mean the same: use one.");
}

/** The axes that were asked for, counted from the front, ascending; all when none were named. */
export const axesOf = <Options extends AxisOptions>(
  where: string,
  argument: Axes | Options | undefined,
  rank: number,
  checks: OptionChecks<Options>,
): number[] => normalizeAxes(where, givenAxes(where, argument, checks), rank);

/** The one axis that was asked for. */
export function axisOf(where: string, argument: AxisArgument | undefined, rank: number, fallback: number): number {
  const given = givenAxes(where, argument, axisChecks) ?? fallback;
  return oneAxis(where, given, rank);
}

export function oneAxis(where: string, axes: Axes, rank: number): number {
  const [axis] = Array.isArray(axes) && axes.length === 1 ? axes : [axes];
  if (!Array.isArray(axis)) return normalizeAxis(where, axis as number, rank);
  throw new GradsmithError("option", where, `needs one axis, got ${described(axis)}.`, "Name one, or reshape first.");
}

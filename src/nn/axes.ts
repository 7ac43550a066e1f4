import { GradsmithError } from "../core/errors.ts";
import type { Check } from "../core/options.ts";
import { described } from "../core/options.ts";

/** For an option that names an axis, or several. */
export const axisOrAxes: Check = (where, name, value) => {
  const axes: readonly unknown[] = Array.isArray(value) ? value : [value];
  if (axes.length > 0 && axes.every((axis) => Number.isSafeInteger(axis))) return value;
  throw new GradsmithError("option", where, `${name} must be a whole number or a list of them, got ${described(value)}.`);
};

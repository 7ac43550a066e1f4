import { GradsmithError } from "../../core/errors.ts";
import type { Check } from "../../core/options.ts";
import { described } from "../../core/options.ts";
import type { Shape } from "../../core/shape.ts";
import { showShape } from "../../core/shape.ts";

/** One number for all spatial axes, or one for each. */
export type PerAxis = number | readonly number[];

const axisNames: Readonly<Record<number, string>> = { 1: "steps", 2: "height, width", 3: "depth, height, width" };

/** A positive integer for each of `rank` spatial axes. */
export function perAxis(where: string, name: string, value: unknown, rank: number): readonly number[] {
  const list: unknown = typeof value === "number" ? Array.from({ length: rank }, () => value) : value;
  if (Array.isArray(list) && list.length === rank && list.every((n) => Number.isSafeInteger(n) && n > 0)) return list as number[];
  const wanted = rank === 1 ? "a positive integer" : `a positive integer, or ${rank} of them`;
  throw new GradsmithError(
    "option",
    where,
    `${name} must be ${wanted}, got ${described(value)}.`,
    `There is one for each of: ${axisNames[rank]!}.`,
  );
}

/** For an option that is such a number, or a list of them. */
export const perAxisOf =
  (rank: number): Check =>
  (where, name, value) =>
    perAxis(where, name, value, rank);

/** Holds an input to [batch, ...spatial, channels]. */
export function checkImages(where: string, shape: Shape, rank: number): void {
  if (shape.length === rank + 2) return;
  throw new GradsmithError(
    "shape",
    where,
    `needs [batch, ${axisNames[rank]!}, channels], got ${showShape(shape)}.`,
    shape.length === rank + 1 ? "Reshape to add an axis of one channel." : "Reshape it first.",
  );
}

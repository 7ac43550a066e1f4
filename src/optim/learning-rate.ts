import { GradsmithError } from "../core/errors.ts";
import type { Schedule } from "./optimizer.ts";

/** The learning rate an optimizer was given, if it can be one. */
export function checkedRate(where: string, rate: number | Schedule): number | Schedule {
  if (typeof rate === "function" || (Number.isFinite(rate) && rate >= 0)) return rate;
  throw new GradsmithError(
    "option",
    where,
    `learningRate must be a number of at least 0 or a schedule, got ${String(rate)}.`,
    "Typical values are 0.1 to 0.0001.",
  );
}

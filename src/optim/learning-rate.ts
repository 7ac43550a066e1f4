import { GradsmithError } from "../core/errors.ts";
import { described } from "../core/options.ts";
import type { Schedule } from "./optimizer.ts";

/** The check of a learning rate: a number of at least 0, or a schedule. */
export function rateOrSchedule(where: string, name: string, value: unknown): number | Schedule {
  if (typeof value === "function" || (Number.isFinite(value) && (value as number) >= 0)) return value as number | Schedule;
  throw new GradsmithError(
    "option",
    where,
    `${name} must be a number of at least 0 or a schedule, got ${described(value)}.`,
    "Typical values are 0.1 to 0.0001.",
  );
}

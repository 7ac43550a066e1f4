import type { Limits } from "../ir/limits.ts";

/** What programs are compiled for, as a backend declares it. */
export interface Target {
  /** Facts of the machine that schedules must respect. */
  readonly limits: Limits;
}

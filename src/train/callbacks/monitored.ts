import { oneOf, text } from "../../core/checks.ts";
import { GradsmithError } from "../../core/errors.ts";
import type { OptionChecks } from "../../core/options.ts";
import type { Logs } from "../history.ts";

/** The options of callbacks that watch a figure. */
export interface MonitorOptions {
  /** The figure to watch. Default "val_loss". */
  readonly monitor?: string;
  /** `auto`, the default: larger is better for accuracy, AUC, precision, recall and their like, else smaller. */
  readonly mode?: "auto" | "min" | "max";
}

export const monitorChecks: OptionChecks<MonitorOptions> = { monitor: text, mode: oneOf("auto", "min", "max") };

/** What a figure is multiplied with so that smaller is better. */
export const signOf = (monitor: string, mode: NonNullable<MonitorOptions["mode"]>): 1 | -1 =>
  mode === "max" || (mode === "auto" && isBetterLarge(monitor)) ? -1 : 1;

const isBetterLarge = (monitor: string): boolean =>
  /acc|auc|precision|recall|sensitivity|specificity|f1|fbeta|r2|iou/i.test(monitor) && !/loss$/i.test(monitor);

/** A figure of an epoch. @throws GradsmithError "option" where there is none of this name, with those that there are. */
export function figureOf(where: string, monitor: string, logs: Logs): number {
  const value = logs[monitor];
  if (value !== undefined) return value;
  const hint = monitor.startsWith("val_") ? " Give validationData or validationSplit, or monitor another." : " Monitor another.";
  throw new GradsmithError("option", where, `there is no figure "${monitor}".${hint}`, `Known: ${Object.keys(logs).join(", ")}.`);
}

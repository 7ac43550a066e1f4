import { flag } from "../core/checks.ts";
import type { OptionChecks } from "../core/options.ts";
import { checkOptions } from "../core/options.ts";

/** The options of `sparkline`. */
export interface SparklineOptions {
  /** Only ASCII characters, for terminals without Unicode. Default false. */
  readonly ascii?: boolean;
}

const checks: OptionChecks<SparklineOptions> = { ascii: flag };

/**
 * A series in one line of text, one character a value: `▁▃▅█`. Values that are not finite are blanks.
 *
 * @throws GradsmithError "option" for an unknown option.
 * @example sparkline(history.metrics.loss)
 */
export function sparkline(values: readonly number[], options: SparklineOptions = {}): string {
  const { ascii = false } = checkOptions("sparkline", options, checks);
  const levels = ascii ? [..."_.-=+*#%"] : [..."▁▂▃▄▅▆▇█"];
  const finite = values.filter(Number.isFinite);
  const low = Math.min(...finite);
  const span = Math.max(...finite) - low;
  const level = (value: number): string => levels[span === 0 ? 3 : Math.min(7, Math.floor(((value - low) / span) * 8))]!;
  return values.map((value) => (Number.isFinite(value) ? level(value) : " ")).join("");
}

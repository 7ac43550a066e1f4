import { flag, wholeBetween } from "../core/checks.ts";
import { GradsmithError } from "../core/errors.ts";
import type { OptionChecks } from "../core/options.ts";
import { checkOptions } from "../core/options.ts";
import { widthWithin } from "../core/terminal-width.ts";
import { lineChart, type Series } from "./line-chart.ts";
import { shortNumber } from "./short-number.ts";

/** How charts in the terminal are drawn. */
export interface ChartOptions {
  /** Characters across, 40 to 200; by default 80, or 60 for one curve, and less where the terminal is narrower. */
  readonly width?: number;
  /** Lines of each chart, 7 to 60; by default 12, or 14 for one curve. */
  readonly height?: number;
  /** Only ASCII characters, for terminals without Unicode. Default false. */
  readonly ascii?: boolean;
}

export const chartChecks: OptionChecks<ChartOptions> = { width: wholeBetween(40, 200), height: wholeBetween(7, 60), ascii: flag };

/**
 * What `fit` returned, as text: one chart a metric, training and validation in the same one, over the epochs. Two charts stand side by side
 * where the width allows. Values that are not finite leave gaps.
 *
 * Defaults: `width` 80, or the terminal's where it is narrower, `height` 12, `ascii` false.
 *
 * @throws GradsmithError "data" for a history without metrics, "option" for an unknown option or a value that makes no sense.
 * @example console.log(learningCurves(history, { width: 100 }))
 */
export function learningCurves(
  history: { readonly metrics: Readonly<Record<string, readonly number[]>> },
  options: ChartOptions = {},
): string {
  const { width = widthWithin(80), height = 12, ascii = false } = checkOptions("learningCurves", options, chartChecks);
  const charts = chartsOf(history.metrics);
  if (charts.length === 0)
    throw new GradsmithError("data", "learningCurves", "the history has no metrics.", "Give it what fit() returned.");
  const gap = 2;
  const acrossCount = charts.length > 1 && width >= 2 * 38 + gap ? 2 : 1;
  const chartWidth = Math.floor((width - gap * (acrossCount - 1)) / acrossCount);
  const draw = ({ title, series }: Chart): string[] => {
    const epochs = Math.max(1, ...series.map(({ points }) => points.length));
    return lineChart(series, { width: chartWidth, height, ascii, title, xLabel: "epoch", xRange: [1, epochs] });
  };
  const drawn = charts.map(draw);
  const rows = Array.from({ length: Math.ceil(drawn.length / acrossCount) }, (_, row) =>
    sideBySide(drawn.slice(row * acrossCount, (row + 1) * acrossCount), gap),
  );
  return rows.map((lines) => lines.map((line) => line.trimEnd()).join("\n")).join("\n\n");
}

interface Chart {
  readonly title: string;
  readonly series: readonly Series[];
}

/** `loss` and `val_loss` share a chart, named `train` and `val` in it to be short, in the order of the history. */
function chartsOf(metrics: Readonly<Record<string, readonly number[]>>): Chart[] {
  const titles = [...new Set(Object.keys(metrics).map(baseName))];
  return titles.map((title) => {
    const names = Object.keys(metrics).filter((name) => baseName(name) === title);
    const short = (name: string): string => (names.length === 1 ? name : name === title ? "train" : "val");
    const series = names.map((name) => ({
      name: `${short(name)} ${shortNumber(metrics[name]!.at(-1) ?? Number.NaN)}`,
      points: metrics[name]!.map((value, epoch) => [epoch + 1, value] as const),
    }));
    return { title, series };
  });
}

const baseName = (name: string): string => name.replace(/^val_/, "");

const sideBySide = (charts: readonly (readonly string[])[], gap: number): string[] =>
  charts[0]!.map((_, row) => charts.map((chart) => chart[row]!).join(" ".repeat(gap)));

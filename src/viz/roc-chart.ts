import { checkOptions } from "../core/options.ts";
import { widthWithin } from "../core/terminal-width.ts";
import type { ChartOptions } from "./learning-curves.ts";
import { chartChecks } from "./learning-curves.ts";
import { lineChart } from "./line-chart.ts";
import type { RocCurve } from "./roc.ts";

/**
 * A receiver operating characteristic as text, beside the diagonal that guessing gives. Defaults: `width` 60, or the
 * terminal's where it is narrower, `height` 14, `ascii` false.
 *
 * @throws GradsmithError "option" for an unknown option or a value that makes no sense.
 * @example console.log(rocChart(rocCurve(scores, labels)));
 */
export function rocChart(curve: RocCurve, options: ChartOptions = {}): string {
  const { width = widthWithin(60), height = 14, ascii = false } = checkOptions("rocChart", options, chartChecks);
  const points = curve.falsePositiveRate.map((x, i) => [x, curve.truePositiveRate[i]!] as const);
  const guessing = [[0, 0] as const, [1, 1] as const];
  return lineChart(
    [
      { name: `AUC ${curve.area.toFixed(4)}`, points },
      { name: "guessing", points: guessing },
    ],
    {
      width,
      height,
      ascii,
      title: "true positive rate",
      xLabel: "false positive rate",
      xRange: [0, 1],
      yRange: [0, 1],
    },
  )
    .map((line) => line.trimEnd())
    .join("\n");
}

import { within } from "../core/checks.ts";
import type { ChartOptions } from "./learning-curves.ts";
import { lineChart } from "./line-chart.ts";
import { auc, type RocCurve } from "./roc.ts";

/** A receiver operating characteristic as text, beside the diagonal that guessing gives. */
export function rocChart(curve: RocCurve, options: ChartOptions = {}): string {
  const points = curve.falsePositiveRate.map((x, i) => [x, curve.truePositiveRate[i]!] as const);
  const guessing = [[0, 0] as const, [1, 1] as const];
  return lineChart(
    [
      { name: `AUC ${auc(curve).toFixed(4)}`, points },
      { name: "guessing", points: guessing },
    ],
    {
      width: within("rocChart", "width", options.width ?? 60, 40, 200),
      height: within("rocChart", "height", options.height ?? 14, 7, 60),
      ascii: options.ascii ?? false,
      title: "true positive rate",
      xLabel: "false positive rate",
      xRange: [0, 1],
      yRange: [0, 1],
    },
  )
    .map((line) => line.trimEnd())
    .join("\n");
}

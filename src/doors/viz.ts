/** Charts and tables as text. */
export type { ConfusionMatrix, ConfusionMatrixOptions, ConfusionTableOptions } from "../viz/confusion-matrix.ts";
export { confusionMatrix, confusionTable } from "../viz/confusion-matrix.ts";
export type { BoundaryOptions } from "../viz/decision-boundary.ts";
export { boundaryGrid, decisionBoundary } from "../viz/decision-boundary.ts";
export type { ChartOptions } from "../viz/learning-curves.ts";
export { learningCurves } from "../viz/learning-curves.ts";
export type { RocCurve } from "../viz/roc.ts";
export { auc, rocAuc, rocCurve } from "../viz/roc.ts";
export { rocChart } from "../viz/roc-chart.ts";
export type { SparklineOptions } from "../viz/sparkline.ts";
export { sparkline } from "../viz/sparkline.ts";
export type { TableOptions } from "../viz/table.ts";
export { table } from "../viz/table.ts";

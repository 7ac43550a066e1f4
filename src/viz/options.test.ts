import { expect, test } from "vitest";
import { refusal } from "../../test/refusal.ts";
import { confusionMatrix, confusionTable } from "./confusion-matrix.ts";
import { boundaryGrid, decisionBoundary } from "./decision-boundary.ts";
import { learningCurves } from "./learning-curves.ts";
import { auc, rocAuc, rocCurve } from "./roc.ts";
import { rocChart } from "./roc-chart.ts";
import { sparkline } from "./sparkline.ts";
import { table } from "./table.ts";

const wrong = (value: unknown) => value as never;
const curve = rocCurve([0.9, 0.2], [1, 0]);
const history = { metrics: { loss: [2, 1] } };

test.each<readonly [string, () => unknown, string]>([
  [
    "an option of rocChart",
    () => rocChart(curve, wrong({ figsize: 40 })),
    '[rocChart] unknown option "figsize". Known: width, height, ascii.',
  ],
  ["half a character", () => rocChart(curve, { width: 60.5 }), "[rocChart] width must be a whole number, got 60.5."],
  ["a chart that is too low", () => rocChart(curve, { height: 3 }), "[rocChart] height must be between 7 and 60, got 3."],
  ["a flag of learningCurves", () => learningCurves(history, { ascii: wrong(1) }), "[learningCurves] ascii must be true or false, got 1."],
  [
    "an option of learningCurves",
    () => learningCurves(history, wrong({ widht: 80 })),
    '[learningCurves] unknown option "widht". Did you mean "width"? Known: width, height, ascii.',
  ],
  [
    "an option of confusionMatrix",
    () => confusionMatrix([0], [0], wrong({ num_classes: 2 })),
    '[confusionMatrix] unknown option "num_classes". Here it is called "classCount". Known: classCount.',
  ],
  ["no classes", () => confusionMatrix([0], [0], { classCount: 0 }), "[confusionMatrix] classCount must be a positive integer, got 0."],
  [
    "names that are none",
    () => confusionTable(confusionMatrix([0], [0]), { classNames: wrong([7]) }),
    "[confusionTable] classNames[0] must be a text, got 7.",
  ],
  [
    "an option of boundaryGrid",
    () => boundaryGrid(wrong({ low: 0 })),
    '[boundaryGrid] unknown option "low". Known: width, height, xRange, yRange, range, samples, ascii.',
  ],
  ["a map that is too wide", () => boundaryGrid({ width: 300 }), "[boundaryGrid] width must be between 40 and 200, got 300."],
  [
    "a range that is none",
    () => decisionBoundary([1], { xRange: wrong(1) }),
    "[decisionBoundary] xRange must be two numbers that ascend, got 1.",
  ],
  [
    "a range that descends",
    () => decisionBoundary([1], { range: [1, 0] }),
    "[decisionBoundary] range must be two numbers that ascend, got [1, 0].",
  ],
  ["an option of sparkline", () => sparkline([1], wrong({ color: "red" })), '[sparkline] unknown option "color". Known: ascii.'],
  ["columns that are none", () => table([{ a: 1 }], { columns: wrong("a") }), '[table] columns must be an array, got "a".'],
])("%s is refused", async (_, call, message) => {
  expect(await refusal(call)).toEqual(["option", message]);
});

test("rocAuc takes labels first, counts ties as half, and names itself", async () => {
  expect(rocAuc([1, 0, 1, 0], [0.9, 0.2, 0.6, 0.6])).toBe(0.875);
  expect(await refusal(() => rocAuc([1, 0], [0.5]))).toEqual(["data", "[rocAuc] there are 1 scores and 2 labels. Give one label a score."]);
});

test("auc, the old name, says the new ones", async () => {
  const said = "[auc] is called rocAuc here. Write rocAuc(labels, scores), the area of a curve that is there, or metrics.auc() in compile.";
  expect(await refusal(() => auc(curve))).toEqual(["usage", said]);
  expect(await refusal(() => auc([1, 0], [0.9, 0.2]))).toEqual(["usage", said]);
});

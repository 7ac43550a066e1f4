import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { confusionMatrix, confusionTable } from "./confusion-matrix.ts";
import { rocAuc, rocCurve } from "./roc.ts";
import { rocChart } from "./roc-chart.ts";

interface Fixture {
  readonly roc: readonly {
    readonly name: string;
    readonly scores: number[];
    readonly labels: number[];
    readonly falsePositiveRate: number[];
    readonly truePositiveRate: number[];
    readonly thresholds: number[];
    readonly auc: number;
  }[];
  readonly confusion: { readonly truth: number[]; readonly prediction: number[]; readonly counts: number[][] };
}
const fixture = JSON.parse(readFileSync(new URL("../../test/fixtures/roc/roc.json", import.meta.url), "utf8")) as Fixture;

test.each(fixture.roc)(
  "curve and area agree with scikit-learn: $name",
  ({ scores, labels, falsePositiveRate, truePositiveRate, thresholds, auc: area }) => {
    const curve = rocCurve(scores, labels);
    expect(curve.falsePositiveRate).toEqual(falsePositiveRate);
    expect(curve.truePositiveRate).toEqual(truePositiveRate);
    expect(curve.thresholds).toEqual([Number.POSITIVE_INFINITY, ...thresholds]);
    expect(curve.area).toBeCloseTo(area, 12);
    expect(rocAuc(labels, scores)).toBe(curve.area);
  },
);

test("what can't have a curve is refused", () => {
  expect(() => rocCurve([0.1], [0, 1])).toThrow("[rocCurve] there are 1 scores and 2 labels. Give one label a score.");
  expect(() => rocCurve([0.1, NaN], [0, 1])).toThrow("[rocCurve] score 1 is NaN. Look for the step of the training that went wrong.");
  expect(() => rocCurve([0.1, 0.2], [0, 2])).toThrow(
    "[rocCurve] label 1 is 2, and labels are 0 or 1. Choose the class that counts as positive.",
  );
  expect(() => rocCurve([0.1, 0.2], [1, 1])).toThrow(
    "[rocCurve] all 2 labels are 1, so one of the rates is 0 / 0. Give samples of both classes.",
  );
});

test("the confusion matrix agrees with scikit-learn", () => {
  const { truth, prediction, counts } = fixture.confusion;
  const matrix = confusionMatrix(truth, prediction);
  expect(matrix.counts).toEqual(counts);
  expect(matrix.accuracy).toBe(truth.filter((label, i) => label === prediction[i]).length / truth.length);
});

test("a confusion matrix refuses what is no class", () => {
  expect(() => confusionMatrix([0], [0, 1])).toThrow(
    "[confusionMatrix] there are 1 labels and 2 predictions. Give one prediction a label.",
  );
  expect(() => confusionMatrix([0, 3], [0, 1], { classCount: 2 })).toThrow(
    "[confusionMatrix] label 1 is 3, and classes are 0 to 1. Give class numbers.",
  );
  expect(() => confusionMatrix([0, 1], [0.5, 1])).toThrow(
    "[confusionMatrix] prediction 0 is 0.5, and classes are 0 to 1. Give class numbers, as argmax returns them.",
  );
});

test("a confusion matrix is drawn as it was looked at", () => {
  const matrix = confusionMatrix([0, 1, 2, 2, 1], [0, 1, 1, 2, 1], { classCount: 4 });
  expect(`\n${confusionTable(matrix, { classNames: ["T-shirt/top", "Trouser", "Bag"] })}\n`).toMatchInlineSnapshot(`
    "
    truth       │  0  1  2  3 │ recognised
    ────────────┼─────────────┼───────────
    T-shirt/top │  1  0  0  0 │    100.0 %
    Trouser     │  0  2  0  0 │    100.0 %
    Bag         │  0  1  1  0 │     50.0 %
    3           │  0  0  0  0 │  none seen
    accuracy 80.00 %
    "
  `);
  expect(`\n${confusionTable(matrix, { ascii: true })}\n`).toMatchInlineSnapshot(`
    "
    truth |  0  1  2  3 | recognised
    ------+-------------+-----------
    0     |  1  0  0  0 |    100.0 %
    1     |  0  2  0  0 |    100.0 %
    2     |  0  1  1  0 |     50.0 %
    3     |  0  0  0  0 |  none seen
    accuracy 80.00 %
    "
  `);
});

test("a curve is drawn as it was looked at", () => {
  const { scores, labels } = fixture.roc[1]!;
  expect(`\n${rocChart(rocCurve(scores, labels), { width: 44, height: 11 })}\n`).toMatchInlineSnapshot(`
    "
    true positive rate
    1.0 ┤                          ⢀⣀⣀⣀⡠⠤⠤⠤⡔⠒⠖⠊⠉
        │                 ⣀⣀⡠⠤⠔⠒⠊⠉⠉⠁ ⡀ ⠤⠂ ⠉
        │         ⢀⣀⠤⠤⠒⠒⠉⠉       ⠤⠂ ⠉
    0.5 ┤      ⢀⡠⠊⠁        ⠤⠄ ⠉⠁
        │    ⡠⠔⠁     ⡠⠄ ⠉⠁
        │ ⢀⠔⠊  ⡠⠄ ⠊⠁
    0.0 ┤⣠⠇ ⠒⠁
        └───────────────────────────────────────
         0         false positive rate         1
      ⠒⠒⠒ AUC 0.6962   ⠒⠂  guessing
    "
  `);
  expect(`\n${rocChart(rocCurve(scores, labels), { width: 44, height: 11, ascii: true })}\n`).toMatchInlineSnapshot(`
    "
    true positive rate
    1.0 +                              *********
        |                 *************ooooo
        |        *********      oooooo
    0.5 +      **        ooooooo
        |    **    oooooo
        | ***oooooo
    0.0 +*ooo
        +---------------------------------------
         0         false positive rate         1
      *** AUC 0.6962   ooo guessing
    "
  `);
});

test("ten classes of thousands fit 60 characters, with narrower columns", () => {
  const counts = Array.from({ length: 10 }, (_, i) => Array.from({ length: 10 }, (_, j) => (i === j ? 900 + 20 * i : 10 * i + j)));
  const lines = confusionTable({ counts, accuracy: 0.7 }, { classNames: ["Ankle boot", "T-shirt/top"], width: 60 }).split("\n");
  expect(lines[0]).toBe("truth    │   0   1   2   3   4    5    6    7    8    9 │ right");
  expect(lines[2]).toBe("Ankle bo │ 900   1   2   3   4    5    6    7    8    9 │  95.2 %");
  expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(65);
});

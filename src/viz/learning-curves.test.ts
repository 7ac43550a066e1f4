import { describe, expect, test } from "vitest";
import { learningCurves } from "./learning-curves.ts";

const epochs = 12;
const decay = (start: number, end: number, speed: number): number[] =>
  Array.from({ length: epochs }, (_, i) => end + (start - end) * Math.exp(-i / speed));
const history = {
  metrics: { loss: decay(0.7, 0.1, 3), accuracy: decay(0.5, 0.97, 3), val_loss: decay(0.72, 0.25, 3), val_accuracy: decay(0.5, 0.9, 3) },
};

describe("drawn as they were looked at", () => {
  test("side by side where there is room", () => {
    expect(`\n${learningCurves(history, { width: 80, height: 10 })}\n`).toMatchInlineSnapshot(`
      "
      loss                                     accuracy
      1.0 ┤                                    1.00 ┤                   ⣀⣀⣀⣀⣀⣀⠤⠤⠤⠤⠤⠤⠤⠤
          │⣄⡀                                       │           ⢀⣀⠤⠔⠒⠊⠉⣉⠄ ⠤⠄ ⠤⠄ ⠤⠂ ⠒⠂
          │⠈⠑⠤⡤⡀                                    │      ⢀⡠⠔⣒⠍⠁⠒⠂ ⠉⠁
      0.5 ┤   ⠈⠑⠢⠭⣁⡀⠒⠂ ⠤⠄ ⣀⡀                   0.75 ┤    ⡠⠔⠕⠂
          │        ⠈⠉⠑⠒⠒⠢⠤⠤⠤⣀⣉⣁⣀⣉⣁ ⠉⠁ ⠒⠂ ⠒⠂ ⠒       │  ⡠⠞⠂
      0.0 ┤                       ⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉  0.50 ┤⡠⠊
          └──────────────────────────────────       └─────────────────────────────────
           1             epoch             12        1            epoch             12
        ⠒⠒⠒ train 0.1153   ⠒⠂  val 0.2620        ⠒⠒⠒ train 0.9580   ⠒⠂  val 0.8898
      "
    `);
  });

  test("below each other in a narrow terminal, without Unicode", () => {
    expect(`\n${learningCurves(history, { width: 40, height: 9, ascii: true })}\n`).toMatchInlineSnapshot(`
      "
      loss
      1 +
        |**
        |  *******ooo
        |         **********************oooooo
      0 +                               ******
        +-------------------------------------
         1              epoch               12
        *** train 0.1153   ooo val 0.2620

      accuracy
      1.0 +                           ********
          |           ****************oooooooo
          |     ******ooo
          |  ***
      0.5 +**
          +-----------------------------------
           1             epoch              12
        *** train 0.9580   ooo val 0.8898
      "
    `);
  });

  test("one epoch is a point", () => {
    expect(`\n${learningCurves({ metrics: { loss: [0.5] } }, { width: 40, height: 7 })}\n`).toMatchInlineSnapshot(`
      "
      loss
      0.6 ┤
      0.5 ┤                 ⠠
      0.4 ┤
          └───────────────────────────────────
           1              epoch
        ⠒⠒⠒ loss 0.5000
      "
    `);
  });

  test("NaN leaves a gap", () => {
    expect(
      `\n${learningCurves({ metrics: { loss: [3, 2, Number.NaN, 1, Number.POSITIVE_INFINITY] } }, { width: 40, height: 8, ascii: true })}\n`,
    ).toMatchInlineSnapshot(`
      "
      loss
      4 +
        |*****
      2 +     *****                 *
      0 +
        +-------------------------------------
         1               epoch               5
        *** loss inf
      "
    `);
  });

  test("nothing but NaN is said", () => {
    expect(`\n${learningCurves({ metrics: { loss: [Number.NaN] } }, { width: 40, height: 7 })}\n`).toMatchInlineSnapshot(`
      "
      loss
      no finite values





      "
    `);
  });
});

test("no line is wider than asked, at any width, for values of any size", () => {
  const metrics = { loss: [1e-9, 5e-9], val_loss: [1e12, -3e12], accuracy: [0, 0], mae: [0.123456, 123456.789] };
  for (let width = 40; width <= 200; width += 7) {
    for (const ascii of [true, false]) {
      const lines = learningCurves({ metrics }, { width, ascii }).split("\n");
      expect(Math.max(...lines.map((line) => [...line].length))).toBeLessThanOrEqual(width);
      if (ascii) expect(lines.join("")).toMatch(/^[\x20-\x7e]*$/);
    }
  }
});

test("sizes that can't be drawn and an empty history are refused", () => {
  expect(() => learningCurves(history, { width: 20 })).toThrow("[learningCurves] width must be between 40 and 200, got 20.");
  expect(() => learningCurves(history, { height: 3 })).toThrow("[learningCurves] height must be between 7 and 60, got 3.");
  expect(() => learningCurves({ metrics: {} })).toThrow("[learningCurves] the history has no metrics. Give it what fit() returned.");
});

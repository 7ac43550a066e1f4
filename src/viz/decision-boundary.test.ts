import { expect, test } from "vitest";
import { boundaryGrid, decisionBoundary } from "./decision-boundary.ts";
import { sparkline } from "./sparkline.ts";
import { table } from "./table.ts";

const small = { width: 40, height: 6 };
const xor = ([x, y]: readonly [number, number]): number => x * (1 - y) + y * (1 - x);

test("the grid's points are the middles of the characters, from the top left", () => {
  const grid = boundaryGrid({ ...small, xRange: [0, 32], yRange: [-3, 3] });
  expect(grid.length).toBe(6 * 32);
  expect(grid[0]).toEqual([0.5, 2.5]);
  expect(grid.at(-1)).toEqual([31.5, -2.5]);
});

test("XOR is drawn as it was looked at, with its four samples", () => {
  const samples = [
    { x: [0, 0], label: 0 },
    { x: [1, 0], label: 1 },
    { x: [0, 1], label: 1 },
    { x: [1, 1], label: 0 },
  ] as const;
  expect(`\n${decisionBoundary(boundaryGrid(small).map(xor), { ...small, samples })}\n`).toMatchInlineSnapshot(`
    "
        1 │1███▓▓▓▓▓▓▓▓▒▒▒▒▒▒▒▒░░░░░░░░   0
          │▓▓▓▓▓▓▓▓▓▓▒▒▒▒▒▒▒▒▒▒▒▒░░░░░░░░░░
          │▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒
          │▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒
          │░░░░░░░░░░▒▒▒▒▒▒▒▒▒▒▒▒▓▓▓▓▓▓▓▓▓▓
        0 │0   ░░░░░░░░▒▒▒▒▒▒▒▒▓▓▓▓▓▓▓▓███1
          └────────────────────────────────
           0                              1
    "
  `);
  expect(`\n${decisionBoundary(boundaryGrid(small).map(xor), { ...small, ascii: true })}\n`).toMatchInlineSnapshot(`
    "
        1 |####********::::::::........
          |**********::::::::::::..........
          |::::::::::::::::::::::::::::::::
          |::::::::::::::::::::::::::::::::
          |..........::::::::::::**********
        0 |    ........::::::::********####
          +--------------------------------
           0                              1
    "
  `);
});

test("scores outside the range and NaN have a character too", () => {
  const scores = boundaryGrid(small).map((_, i) => [-5, 5, Number.NaN][i % 3]!);
  expect(decisionBoundary(scores, { ...small, ascii: true }).split("\n")[0]).toBe("    1 | #? #? #? #? #? #? #? #? #? #? #");
});

test("scores of another grid are refused", () => {
  expect(() => decisionBoundary([1, 2], small)).toThrow(
    "[decisionBoundary] there are 2 scores for 192 points. Ask the model about boundaryGrid() of the same options.",
  );
});

test("a table aligns words left and numbers right", () => {
  const rows = [
    { layer: "dense", params: 220 },
    { layer: "größe", params: 0 },
  ];
  expect(table(rows)).toBe("layer  params\n─────  ──────\ndense     220\ngröße       0");
  expect(table(rows, { columns: ["params"], ascii: true })).toBe("params\n------\n   220\n     0");
});

test("a sparkline is one character a value", () => {
  expect(sparkline([1, 2, Number.NaN, 3, 9])).toBe("▁▂ ▃█");
  expect(sparkline([4, 4])).toBe("▄▄");
  expect(sparkline([1, 9], { ascii: true })).toBe("_%");
});

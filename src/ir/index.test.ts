import { describe, expect, it } from "vitest";
import { evaluate } from "./evaluate.ts";
import { fixed, type Index, offset, plus, quotient, remainder, times, toExpr, variable } from "./index.ts";

const i = variable("i", 6);
const j = variable("j", 4);
const at = (index: Index, values: Readonly<Record<string, number>>): number => evaluate(toExpr(index), { local: (name) => values[name]! });

describe("quotient and remainder, printed with truncating division, agree with floor", () => {
  const indices: [string, Index][] = [
    ["5 - i", offset(times(i, -1), 5)],
    ["4i - 3j + 9", offset(plus(times(i, 4), times(j, -3)), 9)],
    ["6i + j", plus(times(i, 6), j)],
    ["6i - j + 3", offset(plus(times(i, 6), times(j, -1)), 3)],
    ["17", fixed(17)],
  ];
  for (const [name, index] of indices) {
    it(name, () => {
      for (const by of [1, 2, 3, 4, 5, 6, 7]) {
        for (let a = 0; a < 6; a++) {
          for (let b = 0; b < 4; b++) {
            const x = at(index, { i: a, j: b });
            expect(at(quotient(index, by), { i: a, j: b })).toBe(Math.floor(x / by));
            expect(at(remainder(index, by), { i: a, j: b })).toBe(x - by * Math.floor(x / by));
          }
        }
      }
    });
  }
});

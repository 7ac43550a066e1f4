import { expect, test } from "vitest";
import { widthWithin } from "./terminal-width.ts";

test("a default width is the terminal's where that is narrower, and 40 at least", () => {
  expect([undefined, 200, 80, 60, 40, 20].map((columns) => widthWithin(80, columns))).toEqual([80, 80, 80, 60, 40, 40]);
});

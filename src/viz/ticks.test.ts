import { expect, test } from "vitest";
import { shortNumber } from "./short-number.ts";
import { niceTicks } from "./ticks.ts";

test.each<[number, number, number, string[]]>([
  [0, 1, 5, ["0.00", "0.25", "0.50", "0.75", "1.00"]],
  [0.13, 0.72, 4, ["0.0", "0.2", "0.4", "0.6", "0.8"]],
  [-3, 3, 4, ["-4", "-2", "0", "2", "4"]],
  [0, 100, 3, ["0", "50", "100"]],
  [5, 5, 3, ["4.5", "5.0", "5.5"]],
  [0, 0, 3, ["-1", "0", "1"]],
  [0, 3e9, 3, ["0", "2e9", "4e9"]],
  [1e-7, 3e-7, 3, ["1e-7", "2e-7", "3e-7"]],
])("from %d to %d in about %d steps: round numbers that enclose both", (low, high, count, labels) => {
  const ticks = niceTicks(low, high, count);
  expect(ticks.labels).toEqual(labels);
  expect(ticks.values[0]!).toBeLessThanOrEqual(low);
  expect(ticks.values.at(-1)!).toBeGreaterThanOrEqual(high * (1 - 1e-9));
});

test("ticks enclose any range, and their labels differ", () => {
  for (let i = 0; i < 2000; i++) {
    const low = Math.sin(i * 12.9898) * 10 ** ((i % 25) - 12);
    const high = low + Math.abs(Math.cos(i * 78.233)) * 10 ** ((i % 21) - 10);
    const { values, labels } = niceTicks(low, high, 2 + (i % 7));
    expect(values[0]!).toBeLessThanOrEqual(low + 1e-6 * (values[1]! - values[0]!));
    expect(values.at(-1)!).toBeGreaterThanOrEqual(high - 1e-6 * (values[1]! - values[0]!));
    expect(new Set(labels).size).toBe(labels.length);
    expect(values.length).toBeLessThan(12);
  }
});

test("numbers are short in every size", () => {
  const written = [0, 1, -2, 0.5, 0.123456, 12.3456, 1234.567, 123456.7, 1e7, 1.2345e-7, NaN, Infinity, -Infinity].map(shortNumber);
  expect(written).toEqual(["0", "1", "-2", "0.5000", "0.1235", "12.35", "1235", "123457", "1.00e7", "1.23e-7", "nan", "inf", "-inf"]);
});

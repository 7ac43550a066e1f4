import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { dtypes, promote } from "../../src/core/dtype.ts";
import { bounds } from "../table/bounds.ts";

const page = readFileSync(new URL("../../docs/numerics.md", import.meta.url), "utf8");
const part = (name: string): string => page.split(`<!-- ${name} -->\n`)[1]!.split(`<!-- /${name} -->`)[0]!.trim();
const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [head, head.map(() => "---"), ...rows].map((cells) => `| ${cells.join(" | ")} |`).join("\n");

test("docs/numerics.md has the table of promotion that promote computes", () => {
  expect(part("promotion")).toBe(
    table(
      ["", ...dtypes],
      dtypes.map((a) => [`**${a}**`, ...dtypes.map((b) => promote(a, b))]),
    ),
  );
});

test("docs/numerics.md has the errors that tests allow on every tier", () => {
  const rows = Object.entries(bounds).filter(([name]) => name !== "erfinv");
  expect(part("bounds")).toBe(
    table(
      ["function", "f32", "f64"],
      rows.map(([name, { f32, f64 }]) => [name, String(f32), String(f64)]),
    ),
  );
});

import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

const root = fileURLToPath(new URL("..", import.meta.url));

/** One offence each: the file at fault, what it says, and the rule that has to notice. `also` are the files it needs. */
const offences = [
  { rule: "rank-0-core", file: "core/up.ts", text: `import { a } from "../tensor/fine.ts"; export const b = a;` },
  { rule: "rank-3-autodiff", file: "autodiff/up-type.ts", text: `import type { A } from "../compiler/fine.ts"; export type B = A;` },
  { rule: "rank-6-backends", file: "backends/up.ts", text: `import { a } from "../runtime/fine.ts"; export const b = a;` },
  { rule: "rank-8-nn", file: "nn/stranger.ts", text: `import { a } from "../optim/fine.ts"; export const b = a;` },
  { rule: "rank-9-viz", file: "viz/stranger.ts", text: `import type { A } from "../train/fine.ts"; export type B = A;` },
  { rule: "rank-9-train", file: "train/up.ts", text: `export const later = () => import("../cli/fine.ts");` },
  { rule: "known-folder", file: "utils/anything.ts", text: `import { a } from "../core/fine.ts"; export const b = a;` },
  { rule: "doors-are-on-top", file: "train/door.ts", text: `import { a } from "../index.ts"; export const b = a;` },
  { rule: "no-cycles", file: "ir/one.ts", text: `import { b } from "./two.ts"; export const a = () => b;` },
  { rule: "node-at-the-edges", file: "runtime/file.ts", text: `import { readFileSync } from "node:fs"; export const a = readFileSync;` },
  { rule: "node-at-the-edges", file: "data/mnist.ts", text: `import { join } from "node:path"; export const a = join;` },
  { rule: "tests-stay-outside", file: "core/tested.ts", text: `import { a } from "./fine.test.ts"; export const b = a;` },
  { rule: "resolvable", file: "core/nowhere.ts", text: `import { a } from "./absent.ts"; export const b = a;` },
] as const;

const fine = `export const a = 1; export type A = number;`;
const lawful: Record<string, string> = {
  "ir/two.ts": `import { a } from "./one.ts"; export const b = () => a;`,
  "index.ts": `export { a } from "./core/fine.ts";`,
  "core/fine.test.ts": `import { a } from "../train/fine.ts"; import "node:fs"; export { a };`,
  "backends/node.ts": `import { arch } from "node:os"; import { a } from "../core/fine.ts"; export const b = [a, arch];`,
  "data/files.ts": `import { readFileSync } from "node:fs"; export const a = readFileSync;`,
  "cli/main.ts": `import { a } from "../train/fine.ts"; import { c } from "../viz/fine.ts"; import { a as d } from "../index.ts"; export const b = [a, c, d];`,
  "viz/fine.ts": `export const c = 1;`,
};
for (const folder of ["core", "tensor", "compiler", "runtime", "optim", "train"]) lawful[`${folder}/fine.ts`] = fine;
lawful["cli/fine.ts"] = fine;

describe("the walls between folders", () => {
  let house: string;
  let violations: { rule: string; from: string }[];

  beforeAll(() => {
    house = mkdtempSync(join(tmpdir(), "gradsmith-layers-"));
    const files = { ...lawful, ...Object.fromEntries(offences.map(({ file, text }) => [file, text])) };
    for (const [file, text] of Object.entries(files)) {
      mkdirSync(dirname(join(house, "src", file)), { recursive: true });
      writeFileSync(join(house, "src", file), text);
    }
    violations = cruise(house);
  });
  afterAll(() => rmSync(house, { recursive: true, force: true }));

  test.each(offences)("$rule notices src/$file", ({ rule, file }) => {
    expect(violations).toContainEqual({ rule, from: `src/${file}` });
  });

  test("lawful files are left alone", () => {
    const guilty = new Set(["src/ir/two.ts", ...offences.map(({ file }) => `src/${file}`)]);
    expect(violations.filter(({ from }) => !guilty.has(from))).toEqual([]);
  });
});

function cruise(directory: string): { rule: string; from: string }[] {
  const command = join(root, "node_modules/dependency-cruiser/bin/dependency-cruise.mjs");
  const options = ["--config", join(root, ".dependency-cruiser.mjs"), "--output-type", "json", "src"];
  const text = execFileSync(process.execPath, [command, ...options], { cwd: directory, encoding: "utf8" });
  const { summary } = JSON.parse(text) as { summary: { violations: { rule: { name: string }; from: string }[] } };
  return summary.violations.map(({ rule, from }) => ({ rule: rule.name, from }));
}

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";

const root = fileURLToPath(new URL("..", import.meta.url));
const read = (path: string) => readFileSync(join(root, path), "utf8");
const pages = [
  "README.md",
  "CONTRIBUTING.md",
  ...readdirSync(join(root, "docs"))
    .filter((file) => file.endsWith(".md"))
    .map((file) => `docs/${file}`),
];

/** The headings of a page as GitHub links to them. */
function anchors(text: string): string[] {
  const headings = text.replace(/^```[\s\S]*?^```$/gm, "").matchAll(/^#+ (.+)$/gm);
  return [...headings].map(([, title]) =>
    title!
      .toLowerCase()
      .replace(/[^\p{L}\p{N} -]/gu, "")
      .replaceAll(" ", "-"),
  );
}

test("docs/errors.md has a section for each code that core/errors.ts declares, and for no other", () => {
  const [, union] = /export type ErrorCode =([^;]+);/.exec(read("src/core/errors.ts"))!;
  const codes = [...union!.matchAll(/"(\w+)"/g)].map(([, code]) => code);
  const sections = [...read("docs/errors.md").matchAll(/^## (.+)$/gm)].map(([, title]) => title);
  expect(sections.sort()).toEqual(codes.sort());
});

test("docs/dependencies.md has a line for each development dependency that package.json declares", () => {
  const { devDependencies } = JSON.parse(read("package.json")) as { devDependencies: Record<string, string> };
  const [, table] = /## For development\n([\s\S]*?)\n## /.exec(read("docs/dependencies.md"))!;
  const lines = [...table!.matchAll(/^\| (\S+) +\|/gm)].map(([, name]) => name).filter((name) => !/^(package|-+)$/.test(name!));
  expect(lines.sort()).toEqual(Object.keys(devDependencies).sort());
});

describe.each(pages)("%s", (page) => {
  const text = read(page);

  test("links lead to files and headings that exist", () => {
    const targets = [...text.matchAll(/\]\(([^)\s]+)\)/g)].map(([, target]) => target!).filter((target) => !/^[a-z]+:/.test(target));
    for (const target of targets) {
      const [path, anchor] = target.split("#") as [string, string?];
      const file = path === "" ? page : join(dirname(page), path);
      expect(existsSync(join(root, file)), target).toBe(true);
      if (anchor !== undefined) expect(anchors(read(file)), target).toContain(anchor);
    }
  });

  test("commands it names are scripts of package.json", () => {
    const { scripts } = JSON.parse(read("package.json")) as { scripts: Record<string, string> };
    // A project of the reader's has its own.
    const ours = text.replace(/^## From nothing\n[\s\S]*?^## /m, "");
    for (const [, name] of ours.matchAll(/npm run ([\w:]+)/g)) expect(Object.keys(scripts)).toContain(name);
  });
});

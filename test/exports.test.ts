import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { describe, expect, test } from "vitest";

const root = fileURLToPath(new URL("..", import.meta.url));
const {
  exports: entries,
  bin,
  dependencies,
} = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as {
  exports: Record<string, string | { types: string; default: string }>;
  bin: Record<string, string>;
  dependencies?: unknown;
};
const doors = Object.entries(entries).flatMap(([name, target]) => (typeof target === "string" ? [] : [{ name, ...target }]));
const sourceOf = (built: string) => built.replace("./dist/", "src/").replace(/\.js$/, ".ts");

describe("package.json", () => {
  test("every door file is exported, under its own name", () => {
    const files = (readdirSync(join(root, "src/doors"), { recursive: true }) as string[])
      .filter((file) => file.endsWith(".ts") && !file.endsWith(".test.ts"))
      .map((file) => file.replaceAll("\\", "/"));
    expect(doors.map(({ name }) => name).sort()).toEqual([".", ...files.map((file) => `./${file.replace(/\.ts$/, "")}`)].sort());
  });

  test.each(doors)("$name leads to a source, its build and its types", ({ types, default: built }) => {
    expect(existsSync(join(root, sourceOf(built)))).toBe(true);
    expect(existsSync(join(root, built))).toBe(true);
    expect(existsSync(join(root, types))).toBe(true);
  });

  test("the command is built and begins with a line that finds node", () => {
    for (const path of Object.values(bin)) expect(readFileSync(join(root, path), "utf8")).toMatch(/^#!\/usr\/bin\/env node\r?\n/);
  });

  test("its version is the one that the package says", async () => {
    const text = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { version: string };
    expect((await import("../src/core/version.ts")).version).toBe(text.version);
  });

  test("there are no dependencies at run time", () => {
    expect(dependencies).toBeUndefined();
  });
});

describe("the build", () => {
  test.each(doors)("$name exports what its source does", async ({ default: built }) => {
    const fromBuild = (await import(/* @vite-ignore */ pathToFileURL(join(root, built)).href)) as object;
    const fromSource = (await import(/* @vite-ignore */ join(root, sourceOf(built)))) as object;
    expect(Object.keys(fromBuild).sort()).toEqual(Object.keys(fromSource).sort());
  });

  test("every name of a narrow door is a name of the front door too, with the same meaning, unless it is listed here", async () => {
    const front = (await import(pathToFileURL(join(root, "dist/index.js")).href)) as Record<string, unknown>;
    for (const { default: built } of doors) {
      const door = (await import(/* @vite-ignore */ pathToFileURL(join(root, built)).href)) as Record<string, unknown>;
      for (const [name, value] of Object.entries(door)) expect(front[name], `${built}: ${name}`).toBe(value);
    }
  });

  test("the package holds the build, README, CHANGELOG, LICENSE and package.json, and no test", () => {
    const npm = process.env["npm_execpath"];
    const [file, args] = npm === undefined ? ["npm", []] : [process.execPath, [npm]];
    const options = { cwd: root, encoding: "utf8", shell: npm === undefined && process.platform === "win32" } as const;
    const text = execFileSync(file, [...args, "pack", "--dry-run", "--json", "--ignore-scripts"], {
      ...options,
      stdio: ["ignore", "pipe", "ignore"],
    });
    const parsed = JSON.parse(text) as PackReport[] | Record<string, PackReport>;
    const [report] = Object.values(parsed);
    const paths = report!.files.map(({ path }) => path);
    expect(paths.filter((path) => !path.startsWith("dist/")).sort()).toEqual(["CHANGELOG.md", "LICENSE", "README.md", "package.json"]);
    expect(paths.filter((path) => path.includes(".test."))).toEqual([]);
  });
});

interface PackReport {
  readonly files: readonly { readonly path: string }[];
}

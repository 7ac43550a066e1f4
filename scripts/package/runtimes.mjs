// Runs the packed package in every runtime that npm brings: Node 20, 22 and 24, Deno and Bun. Needs dist/ and a network. The last line is
// "N passed, N failed"; what could not be had is named.
import { spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { check, finish } from "./report.mjs";

const root = fileURLToPath(new URL("../..", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "gradsmith-runtimes-"));
const shell = process.platform === "win32";
const npm = (...args) => spawnSync("npm", args, { cwd: folder, encoding: "utf8", shell, timeout: 300_000 });
const exe = process.platform === "win32" ? ".exe" : "";
const system = process.platform === "win32" ? "win" : process.platform;

/** How each is installed, and started. */
const runtimes = [
  ...[20, 22, 24].map((major) => ({
    name: `Node ${major}`,
    install: [`node-${major}@npm:node-${system}-${process.arch}@${major}`],
    start: [join("node_modules", `node-${major}`, "bin", `node${exe}`)],
  })),
  { name: "Deno", install: ["deno@2"], start: [join("node_modules", ".bin", `deno${shell ? ".cmd" : ""}`), "run", "-A"] },
  // Its script puts the program in place.
  {
    name: "Bun",
    install: ["bun@1"],
    after: [join("node_modules", "bun"), "install.js"],
    start: [join("node_modules", ".bin", `bun${exe}`)],
  },
];

try {
  writeFileSync(join(folder, "package.json"), JSON.stringify({ private: true, type: "module" }));
  const packed = spawnSync("npm", ["pack", "--ignore-scripts", "--json", "--pack-destination", folder], {
    cwd: root,
    encoding: "utf8",
    shell,
  });
  const [{ filename }] = JSON.parse(packed.stdout);
  npm("install", "--ignore-scripts", "--no-audit", "--no-fund", "--offline", `./${filename}`);
  cpSync(join(root, "scripts/package/programs/smoke.js"), join(folder, "smoke.js"));
  for (const { name, install, after, start } of runtimes) {
    const installed = npm("install", "--ignore-scripts", "--no-audit", "--no-fund", "--no-package-lock", ...install);
    if (after !== undefined) spawnSync(process.execPath, [after[1]], { cwd: join(folder, after[0]) });
    if (installed.status !== 0 || !existsSync(join(folder, start[0]))) {
      console.log(`skipped ${name}: npm could not bring it`);
      continue;
    }
    const run = (...args) =>
      spawnSync(join(folder, start[0]), [...start.slice(1), ...args], { cwd: folder, encoding: "utf8", timeout: 120_000 });
    const version = spawnSync(join(folder, start[0]), ["--version"], { encoding: "utf8" }).stdout.split("\n")[0];
    const smoke = run("smoke.js");
    check(
      `${name} (${version}): both tiers, files, a worker`,
      smoke.stdout.includes("all right") ? undefined : `${smoke.stdout}${smoke.stderr}`,
    );
    const main = run(join("node_modules", "gradsmith", "dist", "node", "cli", "main.js"), "run", "xor", "--epochs", "200", "--out", "runs");
    check(`${name}: gradsmith run xor`, main.status === 0 ? undefined : `${main.stdout}${main.stderr}`);
  }
} finally {
  rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
}
finish();

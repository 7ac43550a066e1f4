// The tools that try the package are installed beside the project's own, once, and are no dependencies of it.
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** The folder with their node_modules; undefined where they can't be had. */
export function toolsFolder() {
  const list = readFileSync(new URL("tools.json", import.meta.url), "utf8");
  const folder = join(root, "node_modules", ".cache", "package-tools");
  const done = join(folder, "installed.json");
  if (existsSync(done) && readFileSync(done, "utf8") === list) return folder;
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "package.json"), list);
  console.log("       installing the tools ...");
  const options = { cwd: folder, encoding: "utf8", shell: process.platform === "win32", timeout: 300_000 };
  const { status, stderr } = spawnSync("npm", ["install", "--ignore-scripts", "--no-audit", "--no-fund", "--no-package-lock"], options);
  if (status !== 0) {
    console.log(stderr);
    return undefined;
  }
  writeFileSync(`${done}.part`, list);
  renameSync(`${done}.part`, done);
  return folder;
}

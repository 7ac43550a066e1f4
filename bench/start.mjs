// Builds the package and bundles the benchmarks' TypeScript (Node 20 can't run it), then starts them.
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const root = fileURLToPath(new URL("..", import.meta.url));
const options = {
  bundle: true,
  platform: "node",
  format: "esm",
  target: "node20",
  packages: "external",
  logLevel: "error",
  tsconfigRaw: "{}",
  absWorkingDir: root,
};

const built = spawnSync(process.execPath, ["scripts/build.mjs"], { cwd: root, stdio: "inherit" });
if (built.status !== 0) process.exit(1);
// Packages stay outside the bundles, so each bundle has to lie where its packages are found.
await build({
  ...options,
  entryPoints: ["main", "ours", "fit-process", "precision-process", "growth-process"].map((name) => `bench/${name}.ts`),
  outdir: "bench/.build",
  splitting: true,
});
for (const peer of ["jax-js", "tfjs", "onnxruntime"]) {
  const folder = `bench/peers/${peer}`;
  if (existsSync(`${root}/${folder}/node_modules`))
    await build({ ...options, entryPoints: [`${folder}/peer.ts`], outdir: `${folder}/.build`, splitting: true });
}
const { status } = spawnSync(process.execPath, ["bench/.build/main.js", ...process.argv.slice(2)], { cwd: root, stdio: "inherit" });
process.exitCode = status ?? 1;

// Builds dist/: one module a file, for bundlers, with types (tsc); and dist/node/, the same in a few chunks (esbuild), because Node takes
// five times as long to open three hundred files as to read one.
import { spawnSync } from "node:child_process";
import { readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { build } from "esbuild";

rmSync("dist", { recursive: true, force: true });
const { status } = spawnSync(process.execPath, [join("node_modules", "typescript", "bin", "tsc"), "-p", "tsconfig.build.json"], {
  stdio: "inherit",
});
if (status !== 0) process.exit(status ?? 1);

const doors = readdirSync(join("src", "doors")).filter((name) => name.endsWith(".ts") && !name.endsWith(".test.ts"));
await build({
  entryPoints: ["src/index.ts", "src/cli/main.ts", ...doors.map((name) => `src/doors/${name}`)],
  outdir: "dist/node",
  outbase: "src",
  bundle: true,
  splitting: true,
  format: "esm",
  platform: "node",
  target: "node20",
  chunkNames: "chunks/[name]-[hash]",
  // The chunks are whole: what package.json says about side effects is for those who bundle dist/ itself.
  ignoreAnnotations: true,
  logLevel: "warning",
});

// Builds dist/: one module a file, for bundlers, with types (tsc); and dist/node/, the same in a few chunks (esbuild), because Node takes
// five times as long to open three hundred files as to read one.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { build } from "esbuild";
import { workerScriptModule } from "./worker-script.mjs";

rmSync("dist", { recursive: true, force: true });
const { status } = spawnSync(process.execPath, [join("node_modules", "typescript", "bin", "tsc"), "-p", "tsconfig.build.json"], {
  stdio: "inherit",
});
if (status !== 0) process.exit(status ?? 1);
writeFileSync(join("dist", "backends", "worker", "script.js"), await workerScriptModule());

/** Another text whenever anything is compiled differently: plans of one build are nothing to another. */
function buildName() {
  const hash = createHash("sha256").update(readFileSync("package.json"));
  for (const name of readdirSync("src", { recursive: true }).sort()) {
    if (name.endsWith(".ts") && !name.endsWith(".test.ts")) hash.update(name).update(readFileSync(join("src", name)));
  }
  return hash.digest("hex").slice(0, 16);
}

// Maps lead to the modules beside them, which are in the package and readable: they need no copy of any source.
const maps = { sourcemap: true, sourcesContent: false };

// The front door in one file, for pages without a bundler.
await build({
  entryPoints: ["dist/index.js"],
  outfile: "dist/gradsmith.min.js",
  bundle: true,
  minify: true,
  format: "esm",
  platform: "browser",
  target: "es2022",
  // Files are read by code that a page never runs.
  external: ["node:*"],
  legalComments: "none",
  ignoreAnnotations: true,
  ...maps,
  logLevel: "warning",
});

const doors = readdirSync(join("dist", "doors"), { recursive: true })
  .filter((name) => name.endsWith(".js"))
  .map((name) => join("doors", name));
await build({
  entryPoints: ["index.js", "cli/main.js", ...doors].map((name) => join("dist", name)),
  outdir: "dist/node",
  outbase: "dist",
  bundle: true,
  splitting: true,
  format: "esm",
  platform: "node",
  target: "node20",
  // What Node has and pages have not.
  inject: ["dist/node.js"],
  ...maps,
  define: { GRADSMITH_BUILD: JSON.stringify(buildName()) },
  chunkNames: "chunks/[name]-[hash]",
  // The chunks are whole: what package.json says about side effects is for those who bundle dist/ itself.
  ignoreAnnotations: true,
  logLevel: "warning",
});

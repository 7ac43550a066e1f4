// What a page pays for the core door: `tensor`, `grad`, `compile` and the WebAssembly tier, minified and gzipped.
// Chunks behind a dynamic import are counted apart: they are loaded only where they are used.
import { gzipSync } from "node:zlib";
import { build } from "esbuild";

const limitKilobytes = 60;
const entry = `export { tensor, grad, compile } from "./dist/doors/core.js";`;

const { outputFiles, metafile } = await build({
  stdin: { contents: entry, resolveDir: process.cwd(), sourcefile: "entry.js" },
  bundle: true,
  minify: true,
  format: "esm",
  platform: "browser",
  target: "es2022",
  external: ["node:*"],
  splitting: true,
  outdir: "bundle",
  write: false,
  metafile: true,
  logLevel: "error",
});

const outputs = Object.entries(metafile.outputs);
const [first] = outputs.find(([, output]) => output.entryPoint !== undefined);
const eager = new Set();
visit(first);

const size = (paths) => {
  const texts = outputFiles.filter(({ path }) => paths.some((name) => path.endsWith(name.replace(/^bundle/, ""))));
  const bytes = texts.reduce((sum, { contents }) => sum + contents.length, 0);
  const gzipped = texts.reduce((sum, { contents }) => sum + gzipSync(contents, { level: 9 }).length, 0);
  return { kilobytes: bytes / 1000, gzipped: gzipped / 1000 };
};
const core = size([...eager]);
const lazy = size(outputs.map(([name]) => name).filter((name) => !eager.has(name)));
console.log(`core door: ${core.kilobytes.toFixed(1)} kB minified, ${core.gzipped.toFixed(1)} kB gzipped (limit ${limitKilobytes} kB)`);
console.log(`loaded on demand: ${lazy.kilobytes.toFixed(1)} kB minified, ${lazy.gzipped.toFixed(1)} kB gzipped`);
printLargest();
if (core.gzipped > limitKilobytes) process.exitCode = 1;

/** The chunk and everything it imports statically. */
function visit(name) {
  if (eager.has(name)) return;
  eager.add(name);
  for (const { path, kind, external } of metafile.outputs[name].imports) if (kind === "import-statement" && !external) visit(path);
}

function printLargest() {
  const parts = new Map();
  for (const name of eager) {
    for (const [path, { bytesInOutput }] of Object.entries(metafile.outputs[name].inputs)) {
      const folder =
        path
          .replace(/^dist\//, "")
          .split("/")
          .slice(0, -1)
          .join("/") || ".";
      parts.set(folder, (parts.get(folder) ?? 0) + bytesInOutput);
    }
  }
  const sorted = [...parts].sort((a, b) => b[1] - a[1]).slice(0, 12);
  console.log(sorted.map(([folder, bytes]) => `  ${(bytes / 1000).toFixed(1).padStart(6)} kB  ${folder}`).join("\n"));
}

// What a page pays for the core door: `tensor`, `grad`, `compile` and the WebAssembly tier, minified (rolldown, as Vite does it) and gzipped.
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { rolldown } from "rolldown";

const limit = 62 * 1024;
const entry = "virtual:core";
const source = `export { tensor, grad, compile } from ${JSON.stringify(join(process.cwd(), "dist", "doors", "core.js"))};`;

const bundle = await rolldown({
  input: entry,
  platform: "browser",
  external: [/^node:/],
  plugins: [{ name: "core", resolveId: (id) => (id === entry ? entry : undefined), load: (id) => (id === entry ? source : undefined) }],
});
// Vite leaves no annotations in what a page loads.
const { output } = await bundle.generate({ format: "esm", minify: true, comments: { annotation: false } });
// What the first chunk imports is loaded with it; what it imports only when needed (threads) is not.
const [first] = output;
const loaded = new Set([first.fileName]);
for (const name of loaded) for (const other of output.find(({ fileName }) => fileName === name).imports) loaded.add(other);
const chunks = output.filter(({ fileName }) => loaded.has(fileName));
const minified = chunks.reduce((sum, { code }) => sum + code.length, 0);
const gzipped = chunks.reduce((sum, { code }) => sum + gzipSync(code, { level: 9 }).length, 0);
const kilobytes = (bytes) => `${(bytes / 1024).toFixed(1)} KB`;
console.log(`core door: ${kilobytes(minified)} minified, ${kilobytes(gzipped)} gzipped (limit ${kilobytes(limit)})`);
printLargest(Object.assign({}, ...chunks.map(({ modules }) => modules)));
if (gzipped > limit) process.exitCode = 1;

/** The folders that weigh most, before minification. */
function printLargest(modules) {
  const parts = new Map();
  for (const [path, { code }] of Object.entries(modules)) {
    const folder =
      path
        .split(/[\\/]dist[\\/]/)[1]
        ?.split(/[\\/]/)
        .slice(0, -1)
        .join("/") || ".";
    parts.set(folder, (parts.get(folder) ?? 0) + (code?.length ?? 0));
  }
  const sorted = [...parts].sort((a, b) => b[1] - a[1]).slice(0, 8);
  console.log(sorted.map(([folder, bytes]) => `  ${kilobytes(bytes).padStart(9)}  ${folder}`).join("\n"));
}

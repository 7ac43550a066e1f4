// What pages pay for what they import, minified (rolldown, as Vite does it) and gzipped, against what was recorded (bundle-size.json): growth by
// more than a twentieth is an error until somebody records it, and growth beyond a page's limit is one always. `--record` writes the record.
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { rolldown } from "rolldown";

const record = new URL("bundle-size.json", import.meta.url);
const door = (name) => JSON.stringify(fileURLToPath(new URL(`../dist/${name}.js`, import.meta.url)));

/** Programs as pages have them: what they don't use is left out. */
const pages = [
  {
    name: "tensors only",
    program: `import { tensor } from ${door("doors/tensor")}; console.log(await tensor([1, 2]).add(1).read());`,
    limit: 80 * 1024,
  },
  { name: "core door", program: `export { tensor, grad, compile } from ${door("doors/core")};`, limit: 80 * 1024 },
  {
    name: "page that trains",
    program: `import { adam, dense, sequential, tensor } from ${door("index")};
const model = sequential([dense(8, { activation: "relu" }), dense(1)]);
model.compile({ optimizer: adam(), loss: "meanSquaredError" });
await model.fit(tensor([[1], [2]]), tensor([[2], [4]]), { epochs: 1 });`,
    limit: 110 * 1024,
  },
];
const largestGrowth = 1.05;

const recorded = JSON.parse(readFileSync(record, "utf8"));
const isRecording = process.argv.includes("--record");
const measured = {};
const faults = [];
for (const { name, program, limit } of pages) {
  const { minified, gzipped, modules } = await sizesOf(program);
  const before = recorded[name];
  measured[name] = gzipped;
  console.log(
    `${name}: ${kilobytes(gzipped)} gzipped (recorded ${kilobytes(before)}, limit ${kilobytes(limit)}), ${kilobytes(minified)} minified`,
  );
  printLargest(modules);
  if (gzipped > limit)
    faults.push(`${name} is over its limit. Find out what came in (the folders above), and bring it only where it is used.`);
  else if (!(gzipped <= largestGrowth * before) && !isRecording)
    faults.push(
      `${name} has grown by more than a twentieth. If that is worth it: npm run size -- --record, and commit bundle-size.json with the reason.`,
    );
}
if (isRecording) writeFileSync(record, `${JSON.stringify(measured, null, 2)}\n`);
for (const fault of faults) console.log(fault);
if (faults.length > 0) process.exitCode = 1;

/** Of what a page loads at once, in bytes; and its modules. */
async function sizesOf(program) {
  const entry = "virtual:page";
  const plugin = {
    name: "page",
    resolveId: (id) => (id === entry ? entry : undefined),
    load: (id) => (id === entry ? program : undefined),
  };
  const bundle = await rolldown({ input: entry, platform: "browser", external: [/^node:/], plugins: [plugin] });
  // Vite leaves no annotations in what a page loads.
  const { output } = await bundle.generate({ format: "esm", minify: true, comments: { annotation: false } });
  // What the first chunk imports is loaded with it; what it imports only when needed (threads) is not.
  const loaded = new Set([output[0].fileName]);
  for (const name of loaded) for (const other of output.find(({ fileName }) => fileName === name)?.imports ?? []) loaded.add(other);
  const chunks = output.filter(({ fileName }) => loaded.has(fileName));
  return {
    minified: chunks.reduce((sum, { code }) => sum + code.length, 0),
    gzipped: chunks.reduce((sum, { code }) => sum + gzipSync(code, { level: 9 }).length, 0),
    modules: Object.assign({}, ...chunks.map(({ modules }) => modules)),
  };
}

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

function kilobytes(bytes) {
  return bytes === undefined ? "nothing" : `${(bytes / 1024).toFixed(1)} KB`;
}

// Type-checks and runs the programs in Markdown files: node scripts/run-doc-blocks.mjs README.md docs/guide.md
//
//   ```ts            a program of its own
//   ```ts continued  goes on where the block before it ended
//   ```ts data       needs the image files; skipped unless GRADSMITH_DATA names their folder
//   ```ts page       needs a browser: `npm run starts` runs it
//   ```ts skip       shown, not run
//
// Programs import "gradsmith" as a reader would, and get the build in dist.
import { execFile, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { basename, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { transform } from "esbuild";

const root = fileURLToPath(new URL("..", import.meta.url));
const timeoutMs = 120_000;
const data = process.env.GRADSMITH_DATA === undefined ? undefined : resolve(process.env.GRADSMITH_DATA);

const files = process.argv.slice(2);
if (files.length === 0) throw new Error("usage: node scripts/run-doc-blocks.mjs FILE.md ...");
if (!existsSync(join(root, "dist/index.js"))) throw new Error("dist/ is missing: run npm run build first.");

const folder = mkdtempSync(join(tmpdir(), "gradsmith-docs-"));
let passed = 0;
let failed = 0;
try {
  const programs = files.flatMap(programsOf);
  prepare(programs);
  report("types", checkTypes());
  const queue = [...programs];
  await Promise.all(Array.from({ length: availableParallelism() }, () => work(queue)));
} finally {
  rmSync(folder, { recursive: true, force: true });
}
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;

/** The programs of one file: { name, text, needsData }. */
function programsOf(file) {
  const lines = readFileSync(file, "utf8").split(/\r?\n/);
  const programs = [];
  for (let i = 0; i < lines.length; i++) {
    const fence = /^```ts\b(.*)$/.exec(lines[i]);
    if (fence === null) continue;
    const words = fence[1].trim().split(/\s+/).filter(Boolean);
    const start = i + 1;
    while (++i < lines.length && lines[i] !== "```");
    const text = lines.slice(start, i).join("\n");
    const unknown = words.find((word) => !["skip", "page", "continued", "data"].includes(word));
    if (unknown !== undefined) throw new Error(`${file}:${start}: unknown word "${unknown}" after \`\`\`ts`);
    if (words.includes("skip") || words.includes("page")) continue;
    const previous = programs.at(-1);
    if (words.includes("continued") && previous !== undefined) {
      previous.text += `\n${text}`;
      previous.needsData ||= words.includes("data");
    } else {
      const name = `${basename(file, ".md")}-${start}`;
      programs.push({ name, title: `${file}:${start}`, text, needsData: words.includes("data") });
    }
  }
  return programs;
}

/** A package beside the programs whose "gradsmith" is this checkout. */
function prepare(programs) {
  mkdirSync(join(folder, "node_modules/@types"), { recursive: true });
  symlinkSync(root, join(folder, "node_modules/gradsmith"), "junction");
  symlinkSync(join(root, "node_modules/@types/node"), join(folder, "node_modules/@types/node"), "junction");
  writeFileSync(join(folder, "package.json"), JSON.stringify({ type: "module", private: true }));
  const compilerOptions = {
    target: "es2023",
    lib: ["es2023"],
    module: "nodenext",
    types: ["node"],
    strict: true,
    noEmit: true,
    skipLibCheck: true,
  };
  writeFileSync(
    join(folder, "tsconfig.json"),
    JSON.stringify({ compilerOptions: { ...compilerOptions, moduleDetection: "force" }, include: ["*.ts"] }),
  );
  for (const { name, text } of programs) writeFileSync(join(folder, `${name}.ts`), text);
}

function checkTypes() {
  const tsc = join(root, "node_modules/typescript/bin/tsc");
  const { status, stdout } = spawnSync(process.execPath, [tsc, "-p", "."], { cwd: folder, encoding: "utf8" });
  return { ok: status === 0, output: stdout };
}

async function work(queue) {
  for (let program = queue.shift(); program !== undefined; program = queue.shift()) {
    if (program.needsData && data === undefined) console.log(`skipped ${program.title}: GRADSMITH_DATA is not set`);
    else report(program.title, await runProgram(program));
  }
}

async function runProgram({ name, text }) {
  const { code } = await transform(text, { loader: "ts", format: "esm", target: "node20" });
  const directory = join(folder, name);
  mkdirSync(directory);
  writeFileSync(join(directory, "main.mjs"), code);
  const env = { ...process.env, NO_COLOR: "1", ...(data === undefined ? {} : { GRADSMITH_DATA: data }) };
  return new Promise((done) => {
    const options = { cwd: directory, env, timeout: timeoutMs, maxBuffer: 1 << 26 };
    execFile(process.execPath, ["main.mjs"], options, (error, stdout, stderr) => {
      const reason = error?.killed ? `still running after ${timeoutMs / 1000} s\n` : "";
      done({ ok: error === null, output: stdout + stderr + reason });
    });
  });
}

function report(title, { ok, output }) {
  if (ok) passed++;
  else failed++;
  console.log(`${ok ? "ok" : "FAILED"} ${title}`);
  if (!ok) console.log(output.replace(/^/gm, "    "));
}

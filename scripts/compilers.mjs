// Tries what is printed as C with every gcc and clang on the PATH: programs that some compiler got wrong, and random ones against the reference.
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { basename, delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { build } from "esbuild";

const help = `npm run compilers [-- OPTIONS]

  Compiles with each gcc, clang and cc on the PATH, with the native tier's flags, and compares results:
  C files that some compiler gets wrong when it vectorises loops, with what they print by definition;
  gradients that were wrong on a machine, with what they are by definition;
  random graphs and gradients of random layers, in f32 and f64, fused and not, with the reference.
  Prints a line for each compiler, and exits with 1 where anything differs.

--seeds N     random graphs and layers of each dtype (25)
--only LIST   compilers by name: gcc-12,clang-19
--flags LIST  flags after those of the native tier: --flags=-ftree-vectorize shows what it keeps away
--help`;

const options = given();
const root = fileURLToPath(new URL("..", import.meta.url));
const compilers = found(options.only);
if (compilers.length === 0) {
  console.log("skipped: there is no gcc or clang on the PATH.");
  process.exit(0);
}

const folder = mkdtempSync(join(tmpdir(), "gradsmith-compilers-"));
const waiting = [...compilers];
let failed = 0;
try {
  const program = join(folder, "check-compiler.mjs");
  await build({
    entryPoints: [join(root, "test/compilers/check-compiler.ts")],
    outfile: program,
    bundle: true,
    platform: "node",
    format: "esm",
    target: "node20",
    // What the build for Node begins with (scripts/build.mjs).
    inject: [join(root, "src/node.ts")],
    ignoreAnnotations: true,
    tsconfigRaw: "{}",
    logLevel: "error",
  });
  await Promise.all(
    Array.from({ length: availableParallelism() }, async () => {
      for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) await check(next, program);
    }),
  );
} finally {
  rmSync(folder, { recursive: true, force: true });
}
console.log(`${compilers.length - failed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;

function given() {
  try {
    const { values } = parseArgs({
      options: {
        seeds: { type: "string", default: "25" },
        only: { type: "string" },
        flags: { type: "string", default: "" },
        help: { type: "boolean", default: false },
      },
    });
    if (values.help) {
      console.log(help);
      process.exit(0);
    }
    const seeds = Number(values.seeds);
    if (!Number.isInteger(seeds) || seeds < 0) throw new Error(`--seeds must be a whole number, got "${values.seeds}".`);
    return { seeds, only: values.only?.split(","), flags: values.flags };
  } catch (error) {
    return refuse(error.message);
  }
}

function refuse(message) {
  console.error(`[compilers] ${message} \`npm run compilers -- --help\` lists what there is.`);
  process.exit(2);
}

/** Compilers by their names, each once, though `cc` may be another name of `gcc`, and that of `gcc-12`. */
function found(only) {
  const all = new Map();
  for (const directory of (process.env.PATH ?? "").split(delimiter)) {
    if (!existsSync(directory)) continue;
    for (const name of readdirSync(directory))
      if (/^(cc|gcc|clang)(-\d+(\.\d+)*)?$/.test(name) && !all.has(name)) all.set(name, join(directory, name));
  }
  const unknown = only?.find((name) => !all.has(name));
  if (unknown !== undefined) refuse(`there is no ${unknown} on the PATH.`);
  const unique = new Map();
  // Of several names the one that says most.
  for (const name of only ?? [...all.keys()].sort((a, b) => b.length - a.length)) {
    const path = realpathSync(all.get(name));
    if (!unique.has(path)) unique.set(path, { name, path: all.get(name) });
  }
  return [...unique.values()].sort((a, b) => a.name.localeCompare(b.name, "en", { numeric: true }));
}

async function check({ name, path }, program) {
  const started = performance.now();
  const { version, cases, faults } = await tried(name, path, program);
  const seconds = `${((performance.now() - started) / 1000).toFixed(0)} s`;
  if (faults.length === 0) {
    console.log(`ok     ${name} (${version}): ${cases} cases, ${seconds}`);
    return;
  }
  failed++;
  console.log(`FAILED ${name} (${version}): ${faults.length} of ${cases} cases differ, ${seconds}`);
  for (const fault of faults.slice(0, 5)) console.log(`       ${fault.replaceAll("\n", "\n         ")}`);
  if (faults.length > 5) console.log(`       and ${faults.length - 5} more`);
}

/** What a process found that has this compiler. Its cache is its own, so that all is compiled here and now. */
async function tried(name, path, program) {
  const cache = mkdtempSync(join(folder, "cache-"));
  const child = spawn(process.execPath, [program, String(options.seeds), join(root, "test/fixtures/c")], {
    env: { ...process.env, CC: commandOf(name, path), GRADSMITH_CACHE: cache },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const [output, errors] = await Promise.all([textOf(child.stdout), textOf(child.stderr)]);
  rmSync(cache, { recursive: true, force: true });
  try {
    return JSON.parse(output);
  } catch {
    return { version: path, cases: 1, faults: [`the process ended: ${errors.trim() || output.trim() || "it said nothing"}`] };
  }
}

/** What CC is set to. Flags that come last need a program that puts them there. */
function commandOf(name, path) {
  if (options.flags === "") return path;
  const script = join(folder, basename(name));
  writeFileSync(script, `#!/bin/sh\nexec "${path}" "$@" ${options.flags}\n`, { mode: 0o755 });
  return script;
}

async function textOf(stream) {
  let text = "";
  for await (const part of stream.setEncoding("utf8")) text += part;
  return text;
}

// Runs what takes long, part by part, and records in docs/nightly.md what came of it: what was not run is said to be not run.
import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { availableParallelism, cpus, loadavg, tmpdir, totalmem } from "node:os";
import { delimiter, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

const help = `npm run nightly [-- OPTIONS]

  Builds, then runs one after the other: fit() against the bare loop, all tests with GRADSMITH_NIGHTLY=1, pages in Chromium and in Firefox, the
  package in Node 20, 22, 24, Deno and Bun, the guide's ways from nothing (Node, Vite, Next, a script tag), and the native tier with every C
  compiler. Writes docs/nightly.md after each part, and exits with 1 where anything failed.

--only LIST   parts by name: bench,tests,browser,firefox,runtimes,starts,compilers
--record FILE where the record goes (docs/nightly.md)
--help`;

const root = fileURLToPath(new URL("..", import.meta.url));
process.chdir(root);
const folder = mkdtempSync(join(tmpdir(), "gradsmith-nightly-"));
const vitestReport = join(folder, "vitest.json");

const pages = ["browser", "browser-page", "browser-files"].map((name) => [`scripts/${name}.mjs`]);
const firefox = onPath(["firefox", "firefox-esr"]);

const parts = [
  { name: "build", shown: "npm run build", programs: [["scripts/build.mjs"]], outcome: byStatus },
  // Timed, so before the others: they leave the machine busy for a while.
  { name: "bench", shown: "npm run bench -- fit", programs: [["bench/start.mjs", "fit"]], outcome: timed, refusal: busy },
  {
    name: "tests",
    shown: "GRADSMITH_NIGHTLY=1 npx vitest run",
    programs: [["node_modules/vitest/vitest.mjs", "run", "--reporter=default", "--reporter=json", `--outputFile.json=${vitestReport}`]],
    outcome: byReport,
  },
  { name: "browser", shown: "npm run browser", programs: pages, outcome: byLines },
  {
    name: "firefox",
    shown: "GRADSMITH_BROWSER=firefox npm run browser",
    programs: pages,
    env: { GRADSMITH_BROWSER: firefox },
    outcome: byLines,
    refusal: () => (firefox === undefined ? "no firefox on the PATH" : undefined),
  },
  { name: "runtimes", shown: "npm run runtimes", programs: [["scripts/package/runtimes.mjs"]], outcome: byLines },
  { name: "starts", shown: "npm run starts", programs: [["scripts/package/starts.mjs"]], outcome: byLines },
  { name: "compilers", shown: "npm run compilers", programs: [["scripts/compilers.mjs"]], outcome: byLines },
];

const options = given();
const nightly = { ...process.env, GRADSMITH_NIGHTLY: "1", NO_COLOR: "1", FORCE_COLOR: undefined };
if (nightly.GRADSMITH_DATA !== undefined) nightly.GRADSMITH_DATA = resolve(nightly.GRADSMITH_DATA);
else if (existsSync("../shared/data")) nightly.GRADSMITH_DATA = resolve("../shared/data");

const before = { commit: git("rev-parse", "HEAD"), changed: changedFiles(), date: new Date(), load: loadavg()[0] };
const results = new Map();
for (const part of parts) {
  if (part.name !== "build" && options.only !== undefined && !options.only.includes(part.name)) continue;
  results.set(part.name, await run(part));
  writeFileSync(options.record, record());
  if (part.name === "build" && results.get("build").failed > 0) break;
}
rmSync(folder, { recursive: true, force: true });
console.log(`\n${record()}`);
console.log(`Written to ${relative(process.cwd(), options.record)}.`);
process.exitCode = [...results.values()].some(({ failed }) => failed > 0) ? 1 : 0;

function given() {
  const names = parts.map(({ name }) => name).filter((name) => name !== "build");
  try {
    const { values } = parseArgs({
      options: {
        only: { type: "string" },
        record: { type: "string", default: "docs/nightly.md" },
        help: { type: "boolean", default: false },
      },
    });
    if (values.help) {
      console.log(help);
      process.exit(0);
    }
    const only = values.only?.split(",");
    const unknown = only?.find((name) => !names.includes(name));
    if (unknown !== undefined) throw new Error(`there is no part "${unknown}". Known: ${names.join(", ")}.`);
    return { only, record: resolve(values.record) };
  } catch (error) {
    console.error(`[nightly] ${error.message} \`npm run nightly -- --help\` lists what there is.`);
    process.exit(2);
  }
}

/** What came of a part: a sentence, how much failed, and lists to be shown below the table. */
async function run({ name, shown, programs, outcome, refusal, env = {} }) {
  const reason = refusal?.();
  if (reason !== undefined) {
    console.log(`\n--- ${name}: not run, ${reason}`);
    return { text: `not run: ${reason}`, failed: 0 };
  }
  console.log(`\n--- ${name}: ${shown}`);
  const started = performance.now();
  let output = "";
  let status = 0;
  for (const args of programs) {
    const child = spawn(process.execPath, args, { env: { ...nightly, ...env }, stdio: ["ignore", "pipe", "inherit"] });
    child.stdout.setEncoding("utf8").on("data", (text) => {
      output += text;
      process.stdout.write(text);
    });
    status ||= await new Promise((done) => child.on("close", done));
  }
  return { ...outcome(status, output), seconds: (performance.now() - started) / 1000 };
}

function onPath(names) {
  const folders = (process.env.PATH ?? "").split(delimiter);
  return names.flatMap((name) => folders.map((folder) => join(folder, name))).find((path) => existsSync(path));
}

/** Others at work make times mean nothing. */
function busy() {
  const load = loadavg()[0];
  return load > 0.75 * availableParallelism() ? `the machine is busy (load ${load.toFixed(1)})` : undefined;
}

function byStatus(status, output) {
  if (status === 0) return { text: "passed", failed: 0 };
  const lines = output.trim().split("\n");
  return { text: `failed (exit status ${status})`, failed: 1, failures: lines.filter((line) => line !== "").slice(-8) };
}

/** Whoever came meanwhile is to be seen beside the times. */
function timed(status, output) {
  const reasons = output.split("Too slow:\n")[1];
  const { text, ...rest } = byStatus(status, reasons ?? output);
  return { text: `${text}, load ${loadavg()[0].toFixed(1)} at its end (1 is ours)`, ...rest };
}

/** Scripts that print `ok ...`, `FAILED ...` or `skipped: ...`. */
function byLines(status, output) {
  const lines = output.split("\n");
  const skipped = lines.find((line) => line.startsWith("skipped: "));
  if (skipped !== undefined) return { text: skipped, failed: 0 };
  const passed = lines.filter((line) => /^ok\b/.test(line)).length;
  const failures = lines.filter((line) => line.startsWith("FAILED"));
  if (status !== 0 && failures.length === 0) return byStatus(status, output);
  return { text: `${passed} passed, ${failures.length} failed`, failed: failures.length, failures };
}

function byReport(status, output) {
  if (!existsSync(vitestReport)) return byStatus(status || "unknown", output);
  const report = JSON.parse(readFileSync(vitestReport, "utf8"));
  const failures = [];
  const skips = new Map();
  let skipped = 0;
  for (const { name, message, assertionResults } of report.testResults) {
    const file = relative(root, name).replaceAll("\\", "/");
    if (message !== "" && !assertionResults.some((test) => test.status === "failed")) failures.push(`${file}: ${message.split("\n")[0]}`);
    const groups = new Set(assertionResults.filter(wasRun).map(({ ancestorTitles }) => ancestorTitles.join(" ")));
    for (const test of assertionResults) {
      if (test.status === "failed") failures.push(`${file}: ${test.fullName}`);
      if (wasRun(test)) continue;
      skipped++;
      // Groups that are skipped as a whole say why.
      const group = test.ancestorTitles.join(" ");
      const title = `${file}: ${group === "" || groups.has(group) ? test.fullName : group}`;
      skips.set(title, (skips.get(title) ?? 0) + 1);
    }
  }
  // A crash after the last test, say, is a failure that no count has seen.
  if (status !== 0 && failures.length === 0) failures.push(`vitest ended with status ${status}`);
  return {
    text: `${report.numPassedTests} passed, ${failures.length} failed, ${skipped} skipped`,
    failed: failures.length,
    failures,
    skips: [...skips].map(([title, count]) => (count === 1 ? title : `${title}: ${count} tests`)),
  };
}

function wasRun({ status }) {
  return status === "passed" || status === "failed";
}

function record() {
  const { commit, changed, date, load } = before;
  const now = git("rev-parse", "HEAD");
  const cores = `${availableParallelism()} cores (${cpus()[0]?.model.trim() ?? "unknown"}), ${Math.round(totalmem() / 2 ** 30)} GiB`;
  const notes = [
    ...(changed.length > 0 ? [`Not quite that commit: ${changed.join(", ")} had changes that weren't committed.`] : []),
    ...(now === commit ? [] : [`The sources changed meanwhile: at the end the commit was ${now.slice(0, 10)}.`]),
  ];
  const rows = parts.map(({ name, shown }) => {
    const result = results.get(name);
    const time =
      result?.seconds === undefined ? "" : `${Math.floor(result.seconds / 60)}:${String(Math.floor(result.seconds % 60)).padStart(2, "0")}`;
    return `| ${name} | \`${shown}\` | ${result?.text ?? "not run"} | ${time} |`;
  });
  const listed = (title, of) => {
    const items = [...results].flatMap(([name, result]) => (result[of] ?? []).map((item) => `- ${name}: \`${item.replaceAll("`", "'")}\``));
    return items.length === 0 ? [] : [`## ${title}`, "", ...items, ""];
  };
  return [
    "# The nightly part",
    "",
    "What takes too long for each change, or takes root, a terminal, a browser or an emulator. [CONTRIBUTING](../CONTRIBUTING.md#the-nightly-part)",
    "says what it has. `npm run nightly` writes this page; this is its last run.",
    "",
    `- date: ${date.toISOString().slice(0, 16).replace("T", " ")} UTC`,
    `- commit: ${commit}`,
    `- machine: ${process.platform} ${process.arch}, ${cores}, Node ${process.versions.node}, load ${load.toFixed(1)} at the start`,
    "",
    ...notes.flatMap((note) => [note, ""]),
    "| part | command | outcome | min:s |",
    "|---|---|---|---:|",
    ...rows,
    "",
    ...listed("Failed", "failures"),
    ...listed("Skipped", "skips"),
  ]
    .join("\n")
    .replace(/\n+$/, "\n");
}

function git(...args) {
  return spawnSync("git", args, { encoding: "utf8" }).stdout?.trim() || "unknown";
}

/** Files that differ from the commit, but for the record itself. */
function changedFiles() {
  const { stdout } = spawnSync("git", ["status", "--porcelain"], { encoding: "utf8" });
  return (stdout ?? "")
    .split("\n")
    .filter((line) => line !== "" && !line.endsWith("docs/nightly.md"))
    .map((line) => line.slice(3));
}

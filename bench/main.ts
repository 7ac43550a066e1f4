// npm run bench [-- W1 W3a ...] [--rounds N] [--only NAME,NAME] [--readme]
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { contestants, root } from "./contestant.ts";
import { disturbance, thisMachine } from "./machine.ts";
import type { Absence, Figure } from "./rounds.ts";
import { measureWorkload } from "./rounds.ts";
import { writeSamples } from "./samples.ts";
import type { Result } from "./table.ts";
import { costTable, notes, timeTable } from "./table.ts";
import { workloads } from "./workload.ts";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    rounds: { type: "string", default: "7" },
    only: { type: "string" },
    readme: { type: "boolean", default: false },
    help: { type: "boolean", default: false },
  },
});
if (values.help) {
  console.log(`npm run bench [-- NAME ...] [--rounds N] [--only gradsmith,PyTorch] [--readme]\n
${workloads.map(({ name, title }) => `  ${name.padEnd(5)} ${title}`).join("\n")}\n
--rounds N   processes for each contestant (7)
--only LIST  contestants whose names contain one of these
--readme     put the table into README.md`);
  process.exit(0);
}
const chosen = positionals.length === 0 ? workloads : positionals.map(find);
const invited = contestants.filter(
  ({ name }) => values.only === undefined || values.only.split(",").some((part) => name.toLowerCase().includes(part.toLowerCase())),
);
const plan = { rounds: Number(values.rounds), warmMs: 500, measureMs: 500, workloadMs: 40_000, timeoutMs: 120_000 };

const started = performance.now();
const warning = disturbance();
if (warning !== undefined) console.error(warning);
const folder = mkdtempSync(join(tmpdir(), "gradsmith-bench-"));
const results: Result[] = [];
try {
  for (const workload of chosen) {
    const measured = await measureWorkload(writeSamples(workload, folder), invited, plan, progress);
    const fresh = byRow(workload.name, measured);
    results.push(...fresh);
    progress("");
    console.log(`${timeTable(fresh)}\n`);
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}

const record = {
  ...read(),
  date: today(),
  command: `npm run bench${process.argv.slice(2).length > 0 ? ` -- ${process.argv.slice(2).join(" ")}` : ""}`,
  machine: thisMachine(),
};
record.results = merge(record.results, results);
mkdirSync(root("bench/results"), { recursive: true });
writeFileSync(root("bench/results/latest.json"), `${JSON.stringify(record, null, 2)}\n`);
const page = describe(results);
console.log(page);
console.log(`\n${((performance.now() - started) / 60_000).toFixed(1)} minutes. Written to bench/results/latest.json.`);
if (values.readme) writeReadme(describe(record.results));

function find(name: string) {
  const workload = workloads.find((candidate) => candidate.name.toLowerCase() === name.toLowerCase());
  if (workload !== undefined) return workload;
  console.error(`[bench] unknown workload "${name}". Known: ${workloads.map((known) => known.name).join(", ")}.`);
  process.exit(2);
}

function today(): string {
  return new Date().toISOString().slice(0, 10);
}

/** A workload's figures by row: W6 and W7 have several. Absences belong to all of them. */
function byRow(name: string, { figures, absences }: { figures: Figure[]; absences: Absence[] }): Result[] {
  const rows = figures.length === 0 ? [name] : [...new Set(figures.map(({ row }) => row))];
  return rows.map((row) => ({ row, date: today(), figures: figures.filter((figure) => figure.row === row), absences }));
}

function read(): { results: Result[] } {
  try {
    return JSON.parse(readFileSync(root("bench/results/latest.json"), "utf8")) as { results: Result[] };
  } catch {
    return { results: [] };
  }
}

/** New rows replace old ones; the rest stays, with its own date, in the order of the workloads. */
function merge(old: readonly Result[], fresh: readonly Result[]): Result[] {
  const kept = old.filter(({ row }) => !fresh.some((result) => result.row === row));
  const order = (row: string) => workloads.findIndex(({ name }) => row === name || row.startsWith(`${name} `));
  return [...kept, ...fresh].sort((a, b) => order(a.row) - order(b.row));
}

function describe(rows: readonly Result[]): string {
  const { processor, cores, memoryGb, system, node } = thisMachine();
  const versions = new Map(
    rows.flatMap(({ figures }) => figures).map(({ contestant, version }) => [contestant.replace(/^gradsmith .*/, "gradsmith"), version]),
  );
  const named = [...versions].filter(([, version]) => version !== undefined).map(([name, version]) => `${name} ${version}`);
  return [
    `${today()}, ${processor}, ${cores} cores, ${memoryGb} GB, ${system}, Node ${node}; ${named.join(", ")}. \`npm run bench\`; time per training step (W6, W7: per call), median of the processes' medians.`,
    "",
    timeTable(rows),
    "",
    costTable(rows),
    "",
    ...notes(rows).map((note) => `- ${note}`),
  ].join("\n");
}

function writeReadme(text: string): void {
  const readme = readFileSync(root("README.md"), "utf8");
  const marked = /<!-- bench -->[\s\S]*<!-- \/bench -->/;
  if (!marked.test(readme)) throw new Error("README.md has no <!-- bench --> ... <!-- /bench -->.");
  writeFileSync(
    root("README.md"),
    readme.replace(marked, () => `<!-- bench -->\n${text}\n<!-- /bench -->`),
  );
}

function progress(text: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[2K${text}`);
}

import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { contestants } from "./contestant.ts";
import type { Limits } from "./limits.ts";
import { describeLimits, measureLimits } from "./limits.ts";
import { describeMachine, today } from "./machine.ts";
import { drawRatios } from "./ratio-chart.ts";
import { limitNotes, limitTable } from "./roofline.ts";
import { root } from "./root.ts";
import type { Absence, Figure } from "./rounds.ts";
import { measureWorkload } from "./rounds.ts";
import type { Result } from "./table.ts";
import { costTable, keptNotes, keptTable, notes, timeTable } from "./table.ts";
import type { WorkloadFiles } from "./workload.ts";
import { workloads } from "./workload.ts";

export interface ComparisonOptions {
  readonly workloads: readonly WorkloadFiles[];
  readonly rounds: number;
  /** Parts of contestants' names, in lower case. */
  readonly only: readonly string[] | undefined;
  readonly intoDocs: boolean;
  readonly progress: (text: string) => void;
}

/** Ours against the peers on every workload: the tables, and bench/results/latest.json. */
export async function compareAll({ workloads: chosen, rounds, only, intoDocs, progress }: ComparisonOptions): Promise<void> {
  const started = performance.now();
  const invited = contestants.filter(({ name }) => only === undefined || only.some((part) => name.toLowerCase().includes(part)));
  const plan = { rounds, processes: Math.min(2, rounds), warmMs: 300, turnMs: 150, slowMs: 12_000, timeoutMs: 120_000 };
  const limits = await measureLimits(progress);
  console.log(`${describeLimits(limits)}\n`);
  const results: Result[] = [];
  for (const workload of chosen) {
    const began = performance.now();
    const fresh = byRow(workload.name, await measureWorkload(workload, invited, plan, progress));
    results.push(...fresh);
    progress("");
    console.log(`${timeTable(fresh)}\n${((performance.now() - began) / 1000).toFixed(0)} s\n`);
  }
  const command = `npm run bench${process.argv.slice(2).length > 0 ? ` -- ${process.argv.slice(2).join(" ")}` : ""}`;
  const all = merge(read(), results);
  mkdirSync(root("bench/results"), { recursive: true });
  writeFileSync(root("bench/results/latest.json"), `${JSON.stringify({ date: today(), command, limits, results: all }, null, 2)}\n`);
  console.log(describe(results, limits));
  console.log(`\n${((performance.now() - started) / 60_000).toFixed(1)} minutes. Written to bench/results/latest.json.`);
  if (intoDocs) writeDocs(describe(all, limits));
}

/** A workload's figures by row: W6 and W7 have several. Absences belong to all of them. */
function byRow(name: string, { figures, absences }: { figures: Figure[]; absences: Absence[] }): Result[] {
  const rows = figures.length === 0 ? [name] : [...new Set(figures.map(({ row }) => row))];
  return rows.map((row) => ({ row, date: today(), figures: figures.filter((figure) => figure.row === row), absences }));
}

function read(): Result[] {
  try {
    return (JSON.parse(readFileSync(root("bench/results/latest.json"), "utf8")) as { results: Result[] }).results;
  } catch {
    return [];
  }
}

/** New rows replace old ones; the rest stays, with its own date, in the order of the workloads. */
function merge(old: readonly Result[], fresh: readonly Result[]): Result[] {
  const kept = old.filter(({ row }) => !fresh.some((result) => result.row === row));
  const order = (row: string) => workloads.findIndex(({ name }) => row === name || row.startsWith(`${name} `));
  return [...kept, ...fresh].sort((a, b) => order(a.row) - order(b.row));
}

function describe(rows: readonly Result[], limits: Limits): string {
  const versions = new Map(
    rows.flatMap(({ figures }) => figures).map(({ contestant, version }) => [contestant.replace(/^gradsmith .*/, "gradsmith"), version]),
  );
  const named = [...versions].filter(([, version]) => version !== undefined).map(([name, version]) => `${name} ${version}`);
  return [
    `${describeMachine()}; ${named.join(", ")}. \`npm run bench\`; time per training step (W6, W7: per call), median of turns that alternate.`,
    "",
    timeTable(rows),
    "",
    costTable(rows),
    "",
    ...[keptTable(rows)].filter((table) => table !== "").flatMap((table) => [table, ""]),
    describeLimits(limits),
    "",
    limitTable(rows, limits),
    "",
    ...[...limitNotes, ...keptNotes, ...notes(rows)].map((note) => `- ${note}`),
  ].join("\n");
}

function writeDocs(text: string): void {
  const page = readFileSync(root("docs/benchmarks.md"), "utf8");
  const marked = /<!-- bench -->[\s\S]*<!-- \/bench -->/;
  if (!marked.test(page)) throw new Error("docs/benchmarks.md has no <!-- bench --> ... <!-- /bench -->.");
  writeFileSync(
    root("docs/benchmarks.md"),
    page.replace(marked, () => `<!-- bench -->\n${text}\n<!-- /bench -->`),
  );
  drawRatios();
}

import { existsSync, readFileSync } from "node:fs";
import { createInterface } from "node:readline";

/** How long a contestant may take its time: set by the harness, the same for all. */
const timing = {
  warmMs: Number(process.env["BENCH_WARM_MS"] ?? 300),
  turnMs: Number(process.env["BENCH_TURN_MS"] ?? 250),
};

/** What is known of a row besides its time. */
export interface RowFacts {
  readonly name: string;
  readonly import_ms: number;
  readonly first_step_ms?: number;
  /** From the start of the script to the end of the first step. */
  readonly cold_ms?: number;
  readonly configuration?: string;
  /** Versions of what was measured. */
  readonly version?: string;
  /** What the program itself counts for a step or a call. */
  readonly operations?: number;
  /** What came of a fixed number of steps, to the last bit. */
  readonly result?: string;
}

/** What one turn of one process tells the harness: a line of JSON. */
export interface Line extends RowFacts {
  readonly us_per_step: number;
  readonly peak_rss_mb: number;
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/** Takes so many steps and returns a loss, so that nothing it computes can be left out. */
type Run = (count: number) => number | Promise<number>;

interface Row {
  readonly facts: RowFacts;
  /** Facts that take memory of their own to find: asked for when that of the row has been measured. */
  readonly later: () => Partial<RowFacts>;
  found?: Partial<RowFacts> & { readonly peak_rss_mb: number };
  readonly run: Run;
  /** Steps in a block. */
  readonly count: number;
  /** Blocks in a turn, unless a step is longer than a turn. */
  readonly fewest: number;
}
const rows: Row[] = [];

/** Warms a row up, in growing blocks: an engine that compiles hot code needs calls, not one long one. */
export async function offer(facts: RowFacts, run: Run, longestBlock: number, later: Row["later"] = () => ({})): Promise<void> {
  const { warmMs, turnMs } = timing;
  let start = performance.now();
  await run(1);
  let perStep = performance.now() - start;
  if (perStep < warmMs) {
    const deadline = performance.now() + warmMs;
    for (let count = 2; performance.now() < deadline; count = Math.min(count * 2, longestBlock)) {
      start = performance.now();
      await run(count);
      perStep = (performance.now() - start) / count;
    }
  }
  const count = Math.max(1, Math.min(longestBlock, Math.round(turnMs / 5 / perStep)));
  rows.push({ facts, later, run, count, fewest: perStep > turnMs ? 1 : 3 });
}

/** Takes a turn at a row for each line that names it, until the harness has had enough. */
export async function serve(): Promise<void> {
  console.log(JSON.stringify({ ready: rows.map(({ facts }) => facts.name) }));
  for await (const name of createInterface({ input: process.stdin })) {
    const row = rows.find(({ facts }) => facts.name === name)!;
    const us = await turn(row);
    row.found ??= { peak_rss_mb: peakMegabytes(), ...row.later() };
    console.log(JSON.stringify({ ...row.facts, ...row.found, us_per_step: us } satisfies Line));
  }
}

/** The median of some blocks. The first isn't counted: others had the caches before it. */
async function turn({ run, count, fewest }: Row): Promise<number> {
  if (fewest > 1) await run(count);
  const times: number[] = [];
  for (let measured = 0; times.length < fewest || measured < timing.turnMs; ) {
    const start = performance.now();
    await run(count);
    const elapsed = performance.now() - start;
    measured += elapsed;
    times.push((elapsed * 1000) / count);
  }
  return median(times);
}

/** Linux's own mark where there is one: what `resourceUsage` gives includes the process that started this one. */
export function peakMegabytes(): number {
  const mark = existsSync("/proc/self/status") ? /VmHWM:\s+(\d+)/.exec(readFileSync("/proc/self/status", "utf8")) : null;
  return Math.round(Number(mark?.[1] ?? process.resourceUsage().maxRSS) / 1024);
}

/** Says why there is no figure. */
export function reportAbsence(name: string, reason: string): void {
  console.log(JSON.stringify({ name, absent: reason }));
}

import { existsSync, readFileSync } from "node:fs";

/** How long a contestant's process may take its time: set by the harness, the same for all. */
export const timing = {
  warmMs: Number(process.env["BENCH_WARM_MS"] ?? 300),
  measureMs: Number(process.env["BENCH_MEASURE_MS"] ?? 600),
};

export interface Timed {
  readonly us_per_step: number;
  readonly us_min: number;
  readonly us_max: number;
  readonly blocks: number;
  readonly loss_first: number;
  readonly loss_last: number;
}

/** What one process tells the harness: one line of JSON for each measurement. */
export interface Line extends Partial<Timed> {
  readonly name: string;
  readonly us_per_step: number;
  readonly import_ms: number;
  readonly first_step_ms?: number;
  /** From the start of the script to the end of the first step. */
  readonly cold_ms?: number;
  readonly peak_rss_mb: number;
  readonly configuration?: string;
  /** Versions of what was measured. */
  readonly version?: string;
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/**
 * Times blocks of steps. `run(count)` takes that many steps and returns a loss, so that nothing it computes can be left out.
 * About seven blocks fill the measuring time; a step longer than all of it is measured twice.
 */
export async function timeBlocks(run: (count: number) => number | Promise<number>, longestBlock: number): Promise<Timed> {
  let start = performance.now();
  const lossFirst = await run(1);
  let perStep = performance.now() - start;
  if (perStep < timing.warmMs) {
    // Warm up in growing blocks: an engine that compiles hot code needs calls, not one long one.
    const deadline = performance.now() + timing.warmMs;
    for (let count = 2; performance.now() < deadline; count = Math.min(count * 2, longestBlock)) {
      start = performance.now();
      await run(count);
      perStep = (performance.now() - start) / count;
    }
  }
  const count = Math.max(1, Math.min(longestBlock, Math.round(timing.measureMs / 7 / perStep)));
  const fewest = perStep > timing.measureMs ? 2 : 5;
  const times: number[] = [];
  let measured = 0;
  let lossLast = lossFirst;
  while (times.length < fewest || measured < timing.measureMs) {
    start = performance.now();
    lossLast = await run(count);
    const elapsed = performance.now() - start;
    measured += elapsed;
    times.push((elapsed * 1000) / count);
  }
  return {
    us_per_step: median(times),
    us_min: Math.min(...times),
    us_max: Math.max(...times),
    blocks: times.length,
    loss_first: lossFirst,
    loss_last: lossLast,
  };
}

export function report(line: Omit<Line, "peak_rss_mb">): void {
  console.log(JSON.stringify({ ...line, peak_rss_mb: peakMegabytes() }));
}

/** Linux's own mark where there is one: what `resourceUsage` gives includes the process that started this one. */
function peakMegabytes(): number {
  const mark = existsSync("/proc/self/status") ? /VmHWM:\s+(\d+)/.exec(readFileSync("/proc/self/status", "utf8")) : null;
  return Math.round(Number(mark?.[1] ?? process.resourceUsage().maxRSS) / 1024);
}

/** Says why there is no figure. */
export function reportAbsence(name: string, reason: string): void {
  console.log(JSON.stringify({ name, absent: reason }));
}

import type { Contestant } from "./contestant.ts";
import { runContestant } from "./contestant.ts";
import type { Line } from "./measure.ts";
import { median } from "./measure.ts";
import type { WorkloadFiles } from "./workload.ts";

export interface Plan {
  /** Processes for each contestant, at most. */
  readonly rounds: number;
  readonly warmMs: number;
  readonly measureMs: number;
  /** Once a workload has taken this long, only contestants with fewer than `fewestRounds` processes go on. */
  readonly workloadMs: number;
  readonly timeoutMs: number;
}

/** A contestant's figures for one row: medians over its processes, each of which gave the median of its blocks. */
export interface Figure {
  readonly contestant: string;
  readonly row: string;
  readonly configuration?: string;
  readonly version?: string;
  readonly us: number;
  readonly low: number;
  readonly high: number;
  readonly processes: number;
  readonly importMs: number;
  readonly firstStepMs?: number;
  readonly coldMs?: number;
  readonly peakMb: number;
}

export interface Absence {
  readonly contestant: string;
  readonly row: string;
  readonly absent: string;
}

const fewestRounds = 3;
/** These two are the ratio a reader looks at first: they get every round. */
const essential = (contestant: Contestant) => contestant.name === "gradsmith native" || contestant.name === "PyTorch";

/** All contestants take turns, one process at a time, so that whatever else the machine does hits all of them alike. */
export async function measureWorkload(
  workload: WorkloadFiles,
  contestants: readonly Contestant[],
  plan: Plan,
  progress: (text: string) => void,
): Promise<{ figures: Figure[]; absences: Absence[] }> {
  const entries: Entry[] = [];
  const absences: Absence[] = [];
  for (const contestant of contestants.filter(({ workloads }) => workloads.includes(workload.name))) {
    const reason = contestant.missing();
    if (reason !== undefined) absences.push({ contestant: contestant.name, row: workload.name, absent: reason });
    else entries.push({ contestant, configuration: await bestConfiguration(contestant, workload, plan), lines: [], spentMs: 0 });
  }
  const start = performance.now();
  for (let round = 0; round < plan.rounds; round++) {
    for (const entry of [...entries]) {
      const late = performance.now() - start > plan.workloadMs;
      if (round >= fewestRounds && !essential(entry.contestant) && (late || entry.spentMs > plan.workloadMs / 3)) continue;
      // A process that takes this long has many blocks' worth of evidence in it.
      if (round > 0 && entry.spentMs / round > plan.workloadMs / (round === 1 ? 4 : 8)) continue;
      const began = performance.now();
      const options = { ...plan, ...(entry.configuration === undefined ? {} : { configuration: entry.configuration }) };
      const outcome = await runContestant(entry.contestant, workload, options);
      entry.spentMs += performance.now() - began;
      if ("absent" in outcome) {
        absences.push({ contestant: entry.contestant.name, row: workload.name, absent: outcome.absent });
        entries.splice(entries.indexOf(entry), 1);
      } else entry.lines.push(...outcome.lines);
      progress(`${workload.name} round ${round + 1}/${plan.rounds} ${entry.contestant.name}`);
    }
  }
  return { figures: entries.flatMap(summarise), absences };
}

interface Entry {
  readonly contestant: Contestant;
  readonly configuration: string | undefined;
  readonly lines: Line[];
  spentMs: number;
}

/** The contestant's fastest configuration for this workload, found with a short look at each. */
async function bestConfiguration(contestant: Contestant, workload: WorkloadFiles, plan: Plan): Promise<string | undefined> {
  const { configurations } = contestant;
  if (configurations === undefined) return undefined;
  if (configurations === "scan") {
    const outcome = await runContestant(contestant, workload, { ...plan, configuration: "scan" });
    return "lines" in outcome ? outcome.lines[0]!.configuration : undefined;
  }
  let best: { configuration: string; us: number } | undefined;
  for (const configuration of configurations(workload)) {
    const outcome = await runContestant(contestant, workload, { ...plan, configuration, warmMs: 100, measureMs: 200 });
    if (!("lines" in outcome)) continue;
    // Rows differ in scale: the mean of logarithms weighs them alike.
    const us = outcome.lines.reduce((sum, line) => sum + Math.log(line.us_per_step), 0);
    if (best === undefined || us < best.us) best = { configuration, us };
  }
  return best?.configuration;
}

function summarise({ contestant, lines }: Entry): Figure[] {
  return [...new Set(lines.map(({ name }) => name))].map((row) => {
    const own = lines.filter(({ name }) => name === row);
    const times = own.map((line) => line.us_per_step);
    const last = own.at(-1)!;
    const middle = (pick: (line: Line) => number | undefined) => {
      const values = own.map(pick).filter((value) => value !== undefined);
      return values.length === 0 ? undefined : median(values);
    };
    const firstStepMs = middle((line) => line.first_step_ms);
    const coldMs = middle((line) => line.cold_ms);
    return {
      contestant: contestant.name,
      row,
      ...(last.configuration === undefined ? {} : { configuration: last.configuration }),
      ...(last.version === undefined ? {} : { version: last.version }),
      us: median(times),
      low: Math.min(...times),
      high: Math.max(...times),
      processes: own.length,
      importMs: middle((line) => line.import_ms)!,
      ...(firstStepMs === undefined ? {} : { firstStepMs }),
      ...(coldMs === undefined ? {} : { coldMs }),
      peakMb: middle((line) => line.peak_rss_mb)!,
    };
  });
}

import type { Contestant } from "./contestant.ts";
import { startContestant } from "./contestant.ts";
import type { Line } from "./measure.ts";
import { median } from "./measure.ts";
import type { Turn } from "./ratio.ts";
import { addedRounds, comparisonsOf, ratioOf } from "./ratio.ts";
import type { Resident } from "./resident.ts";
import type { Kept, WorkloadFiles } from "./workload.ts";

export interface Plan {
  /** Turns for each contestant, at least. */
  readonly rounds: number;
  /** Processes that share a contestant's turns: each finds its memory and its threads in other places. */
  readonly processes: number;
  readonly warmMs: number;
  readonly turnMs: number;
  /** No second process for a contestant whose first was this long in getting ready and taking its turns. */
  readonly slowMs: number;
  /** For getting ready, and for a turn. */
  readonly timeoutMs: number;
}

/** A contestant's figures for one row: medians over its turns, each of which gave the median of its blocks. */
export interface Figure {
  readonly contestant: string;
  readonly row: string;
  readonly configuration?: string;
  readonly version?: string;
  readonly us: number;
  /** First and third quartile of the turns. */
  readonly low: number;
  readonly high: number;
  readonly turns: readonly Turn[];
  readonly importMs: number;
  readonly firstStepMs?: number;
  readonly coldMs?: number;
  /** Of the process that took least: one that found its programs compiled. */
  readonly peakMb: number;
  /** Of the first process, if it took more, as one that compiles does. */
  readonly compilingMb?: number;
  /** The same by what is kept of images. The time belongs to the first. */
  readonly peakMbKeeping?: readonly { readonly kept: Kept; readonly mb: number }[];
  readonly operations?: number;
}

export interface Absence {
  readonly contestant: string;
  readonly row: string;
  readonly absent: string;
}

interface Entry {
  readonly contestant: Contestant;
  readonly configuration: string | undefined;
  readonly lines: (Line & { readonly round: number })[];
  spentMs: number;
  /** Of a process that keeps images the other way. */
  other?: { readonly kept: Kept; readonly mb: number };
}

interface Present {
  readonly entry: Entry;
  readonly resident: Resident;
}

/**
 * All contestants take turns, so that whatever else the machine does hits all of them alike. Their processes stay, asleep, from turn to turn:
 * starting one takes longer than a turn. Every other round goes backwards, so that nobody always comes after the same one.
 */
export async function measureWorkload(
  workload: WorkloadFiles,
  contestants: readonly Contestant[],
  plan: Plan,
  progress: (text: string) => void,
): Promise<{ figures: Figure[]; absences: Absence[] }> {
  const entries: Entry[] = [];
  const absences: Absence[] = [];
  for (const contestant of contestants.filter(({ workloads }) => workloads.includes(workload.name))) {
    progress(`${workload.name} ${contestant.name}`);
    const reason = contestant.missing();
    if (reason !== undefined) absences.push({ contestant: contestant.name, row: workload.name, absent: reason });
    else entries.push({ contestant, configuration: await bestConfiguration(contestant, workload, plan), lines: [], spentMs: 0 });
  }
  const absent = (entry: Entry, why: string): void => {
    absences.push({ contestant: entry.contestant.name, row: workload.name, absent: why });
    entries.splice(entries.indexOf(entry), 1);
  };
  const takeTurns = async (round: number, present: readonly Present[], row: string): Promise<void> => {
    for (const { entry, resident } of round % 2 === 0 ? present : present.toReversed()) {
      if (!entries.includes(entry) || !resident.rows.includes(row)) continue;
      progress(`${row} round ${round + 1} ${entry.contestant.name}`);
      const began = performance.now();
      const line = await resident.turn(row);
      entry.spentMs += performance.now() - began;
      if (line !== undefined) entry.lines.push({ ...line, round });
      else absent(entry, resident.absent!);
    }
  };
  const rowsOf = (present: readonly Present[]): string[] => [...new Set(present.flatMap(({ resident }) => resident.rows))];

  const processes: Present[][] = [];
  const isSlow = (entry: Entry): boolean => entry.spentMs > plan.slowMs;
  const share = Math.ceil(plan.rounds / plan.processes);
  for (let process = 0; process < plan.processes; process++) {
    const present: Present[] = [];
    for (const entry of [...entries]) {
      // A slow one has all its turns in its first process.
      if (isSlow(entry)) continue;
      progress(`${workload.name} ${entry.contestant.name} gets ready`);
      const began = performance.now();
      const options = { ...plan, ...(entry.configuration === undefined ? {} : { configuration: entry.configuration }) };
      const resident = await startContestant(entry.contestant, workload, options);
      entry.spentMs += performance.now() - began;
      if (resident.rows.length === 0) absent(entry, resident.absent ?? "no rows");
      else present.push({ entry, resident });
    }
    processes.push(present);
    for (let round = process * share; round < plan.rounds; round++) {
      const isOver = round >= (process + 1) * share;
      const whose = isOver ? present.filter(({ entry }) => isSlow(entry)) : present;
      for (const row of rowsOf(whose)) await takeTurns(round, whose, row);
    }
  }

  // The slow ones are only in the first process.
  const quick = processes.at(-1) ?? [];
  for (const row of rowsOf(quick)) {
    const began = performance.now();
    for (let round = plan.rounds; performance.now() - began < 1000 * addedRounds.seconds; round++) {
      const uncertain = uncertainOnes(row, quick);
      if (uncertain.size === 0) break;
      const present = processes[round % plan.processes]!.filter(({ entry }) => uncertain.has(entry.contestant.name));
      await takeTurns(round, present, row);
    }
  }
  for (const { resident } of processes.flat()) await resident.end();
  if (workload.pixels === true) {
    for (const entry of entries) {
      progress(`${workload.name} ${entry.contestant.name} keeps its samples the other way`);
      await measureOther(entry, workload, plan);
    }
  }
  return { figures: entries.flatMap((entry) => summarise(entry, workload)), absences };
}

const keptBy = (configuration = "floats"): Kept => (configuration.split(" ").includes("bytes") ? "bytes" : "floats");

/** Peak memory of a process that keeps images the other way, if the contestant has another way, after one turn. */
async function measureOther(entry: Entry, workload: WorkloadFiles, plan: Plan): Promise<void> {
  const { contestant, configuration } = entry;
  if (configuration === undefined) return;
  const kept = keptBy(configuration) === "bytes" ? "floats" : "bytes";
  const words = configuration.split(" ").map((word) => (word === "bytes" || word === "floats" ? kept : word));
  const resident = await startContestant(contestant, workload, { ...plan, configuration: words.join(" ") });
  const line = resident.rows.length === 0 ? undefined : await resident.turn(resident.rows[0]!);
  await resident.end();
  if (line !== undefined) entry.other = { kept, mb: line.peak_rss_mb };
}

/** The contestant's fastest configuration for this workload, found with a short look at each. */
async function bestConfiguration(contestant: Contestant, workload: WorkloadFiles, plan: Plan): Promise<string | undefined> {
  const { configurations = () => [] } = contestant;
  if (configurations === "scan") return scanned(contestant, workload, plan);
  const tried = configurations(workload);
  if (tried.length < 2) return tried[0];
  let best: { configuration: string; us: number } | undefined;
  for (const configuration of tried) {
    const resident = await startContestant(contestant, workload, { ...plan, configuration, warmMs: 100 });
    let us = 0;
    for (const row of resident.rows) {
      const line = await resident.turn(row);
      // Rows differ in scale: the mean of logarithms weighs them alike.
      us += Math.log(line?.us_per_step ?? Number.POSITIVE_INFINITY);
    }
    await resident.end();
    if (resident.rows.length > 0 && (best === undefined || us < best.us)) best = { configuration, us };
  }
  return best?.configuration;
}

/** One process tries its configurations itself and says which was fastest. */
async function scanned(contestant: Contestant, workload: WorkloadFiles, plan: Plan): Promise<string | undefined> {
  const resident = await startContestant(contestant, workload, { ...plan, configuration: "scan" });
  const line = resident.rows.length === 0 ? undefined : await resident.turn(resident.rows[0]!);
  await resident.end();
  return line?.configuration;
}

/** Those whose ratio on a row is less certain than it should be. What it is doesn't matter. */
function uncertainOnes(row: string, present: readonly Present[]): Set<string> {
  const turns = new Map(present.map(({ entry }) => [entry.contestant.name, turnsOf(entry, row)]));
  return new Set(
    comparisonsOf(row).flatMap((comparison) => {
      const ratio = ratioOf(comparison, (name) => turns.get(name) ?? []);
      return ratio === undefined || ratio.uncertainty <= addedRounds.bound ? [] : [comparison.ours, ratio.peer];
    }),
  );
}

const turnsOf = ({ lines }: Entry, row: string): Turn[] =>
  lines.filter(({ name }) => name === row).map(({ round, us_per_step }) => ({ round, us: us_per_step }));

function summarise(entry: Entry, { pixels }: WorkloadFiles): Figure[] {
  const { contestant, configuration, lines, other } = entry;
  return [...new Set(lines.map(({ name }) => name))].map((row) => {
    const own = lines.filter(({ name }) => name === row);
    const times = own.map((line) => line.us_per_step).sort((a, b) => a - b);
    const last = own.at(-1)!;
    const middle = (pick: (line: Line) => number | undefined) => {
      const values = own.map(pick).filter((value) => value !== undefined);
      return values.length === 0 ? undefined : median(values);
    };
    const firstStepMs = middle((line) => line.first_step_ms);
    const coldMs = middle((line) => line.cold_ms);
    const peakMb = Math.min(...own.map((line) => line.peak_rss_mb));
    const compilingMb = own[0]!.peak_rss_mb;
    const keeping = [{ kept: keptBy(configuration), mb: peakMb }, ...(other === undefined ? [] : [other])];
    return {
      contestant: contestant.name,
      row,
      ...(last.configuration === undefined ? {} : { configuration: last.configuration }),
      ...(last.version === undefined ? {} : { version: last.version }),
      us: median(times),
      low: times[Math.floor((times.length - 1) / 4)]!,
      high: times[Math.ceil(((times.length - 1) * 3) / 4)]!,
      turns: turnsOf(entry, row),
      importMs: middle((line) => line.import_ms)!,
      ...(firstStepMs === undefined ? {} : { firstStepMs }),
      ...(coldMs === undefined ? {} : { coldMs }),
      peakMb,
      ...(compilingMb > 1.05 * peakMb ? { compilingMb } : {}),
      ...(pixels === true ? { peakMbKeeping: keeping } : {}),
      ...(last.operations === undefined ? {} : { operations: last.operations }),
    };
  });
}

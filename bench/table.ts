import { markdown } from "./markdown.ts";
import type { Ratio } from "./ratio.ts";
import { addedRounds, comparisonsOf, ratioOf } from "./ratio.ts";
import type { Absence, Figure } from "./rounds.ts";

export interface Result {
  readonly row: string;
  readonly date: string;
  readonly figures: readonly Figure[];
  readonly absences: readonly Absence[];
}

/** Peers in the order of the table's columns. */
const peers = ["PyTorch", "JAX", "jax-js", "tfjs", "onnxruntime"];

/** Time per step, and how many times longer the peers take, round by round: native against the compiled ones, wasm against the better of the JavaScript ones. */
export function timeTable(results: readonly Result[]): string {
  const header = ["", "native", "wasm", ...peers, "PyTorch (W7: onnxruntime) / native", "JAX / native", "better of jax-js, tfjs / wasm"];
  const rows = results.map(({ row, figures, absences }) => {
    const figure = (name: string) => figures.find(({ contestant }) => contestant === name);
    const cell = (name: string) => {
      const found = figure(name);
      if (found !== undefined) return duration(found.us) + spread(found);
      return absences.some(({ contestant }) => contestant === name) ? "no" : "";
    };
    const ratios = comparisonsOf(row).map((comparison) => ratio(ratioOf(comparison, (name) => figure(name)?.turns ?? [])));
    return [row, cell("gradsmith native"), cell("gradsmith wasm"), ...peers.map(cell), ...ratios];
  });
  return markdown(header, rows);
}

/** Peak memory of the whole process, time to import, and time of the first step. */
export function costTable(results: readonly Result[]): string {
  const names = ["gradsmith native", "gradsmith wasm", ...peers];
  const rows = results
    .filter(({ figures }) => figures.some(({ firstStepMs }) => firstStepMs !== undefined))
    .map(({ row, figures }) => [
      row,
      ...names.map((name) => {
        const found = figures.find(({ contestant }) => contestant === name);
        if (found === undefined) return "";
        const first = found.firstStepMs === undefined ? "-" : found.firstStepMs.toFixed(0);
        return `${found.peakMb.toFixed(0)} / ${found.importMs.toFixed(0)} / ${first}`;
      }),
    ]);
  return markdown(["MB / import ms / first step ms", "native", "wasm", ...peers], rows);
}

/** Peak memory where samples are images, kept as bytes or as floats, and what share of PyTorch's ours is. */
export function keptTable(results: readonly Result[]): string {
  const names = ["gradsmith native", "gradsmith wasm", ...peers.slice(0, -1)];
  const rows = results.flatMap(({ row, figures }) =>
    (["bytes", "floats"] as const).flatMap((kept) => {
      const all = names.map((name) => figures.find(({ contestant }) => contestant === name)?.peakMbKeeping ?? []);
      const mb = all.map((keeping) => keeping.find((one) => one.kept === kept)?.mb);
      if (mb.every((one) => one === undefined)) return [];
      const isTimed = (place: number) => all[place]![0]?.kept === kept;
      const [ours, , torch] = mb;
      const share = ours === undefined || torch === undefined ? "" : `${((100 * ours) / torch).toFixed(0)}%`;
      return [[`${row} ${kept}`, ...mb.map((one, i) => (one === undefined ? "" : `${one.toFixed(0)}${isTimed(i) ? "*" : ""}`)), share]];
    }),
  );
  return rows.length === 0 ? "" : markdown(["MB, samples kept as", "native", "wasm", ...peers.slice(0, -1), "native / PyTorch"], rows);
}

/** What that table means. */
export const keptNotes: readonly string[] = [
  "MB: the most memory that a process with nothing but this row to do ever had (VmHWM; Node's or Python's own included), after a turn of steps. Of two processes the one that took less: ours has found its programs compiled by the first.",
  "A sample of W3 is 784 pixels, byte / 127.5 - 1 each. Ours keeps the bytes and scales each batch while gathering it; PyTorch, JAX and jax-js keep bytes or floats, whichever is faster here (*); tfjs has no tensors of bytes. The arithmetic is the same, and so is our loss to the last bit.",
];

/** Who is not in the table, and why; and in which configuration the others ran. */
export function notes(results: readonly Result[]): string[] {
  const { bound, seconds } = addedRounds;
  const lines = [
    "±: half the distance between the quartiles of the turns. (n): n turns, where fewer than seven.",
    `A ratio is the median of the rounds' ratios: in a round contestants follow one another, so that all meet the same machine. ± is its standard error, found by drawing rounds again and again from those there were; (n): n rounds. While that is above ${100 * bound}%, whatever the ratio is, those compared take more turns than all do, for ${seconds} seconds a row at most.`,
  ];
  for (const { row, figures, absences } of results) {
    const torch = figures.find(({ contestant }) => contestant === "PyTorch");
    if (torch?.configuration !== undefined) lines.push(`${row}: PyTorch's best is ${describe(torch.configuration)}.`);
    for (const { contestant, absent } of absences) lines.push(`${row}: no ${contestant}: ${absent}.`);
  }
  const compiling = results.flatMap(({ row, figures }) =>
    figures.flatMap(({ contestant, compilingMb: mb }) => {
      const [own, tier] = contestant.split(" ");
      return mb === undefined || own !== "gradsmith" || /^W[67]/.test(row) ? [] : [`${row} ${tier} ${mb.toFixed(0)}`];
    }),
  );
  if (compiling.length > 0) lines.push(`MB of our first process, where it compiled and took more: ${compiling.join(", ")}.`);
  return [...new Set(lines)];
}

export function duration(us: number): string {
  if (us < 100) return `${us.toPrecision(3)} us`;
  if (us < 1000) return `${us.toFixed(0)} us`;
  return us < 1e6 ? `${(us / 1000).toPrecision(3)} ms` : `${(us / 1e6).toPrecision(3)} s`;
}

/** Half the distance between the quartiles of the turns, in percent of the median; and how many turns, if fewer than seven. */
function spread({ us, low, high, turns }: Figure): string {
  const percent = ((high - low) / 2 / us) * 100;
  const few = turns.length < 7 ? ` (${turns.length})` : "";
  return turns.length === 1 ? few : ` ±${percent < 10 ? percent.toFixed(1) : percent.toFixed(0)}%${few}`;
}

function ratio(found: Ratio | undefined): string {
  return found === undefined ? "" : `${found.value.toPrecision(3)}x ±${(100 * found.uncertainty).toFixed(1)}% (${found.rounds})`;
}

function describe(configuration: string): string {
  const [threads, ...rest] = configuration.split(" ");
  return [`${threads} ${threads === "1" ? "thread" : "threads"}`, ...rest.filter((word) => word !== "contiguous")].join(", ");
}

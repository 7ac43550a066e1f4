import { answerOf } from "./child.ts";
import type { FitLine, FitPlan } from "./fit-process.ts";
import { markdown } from "./markdown.ts";
import { duration } from "./table.ts";
import type { WorkloadFiles } from "./workload.ts";

/** What fit() may cost more than the loop it runs. */
const mostRatio = 1.05;
const plan = { turnMs: 40, fewestTurns: 9, mostTurns: 75, totalMs: 2000 };
/** Where its memory happens to lie makes a process some per cent faster or slower in one of the two: the median of several says more than one of them. */
const processes = 3;
/** Epochs are short, so that what fit() does once an epoch counts. */
const mostSamples = 6400;
export const fitWorkloads = ["W1", "W2", "W3a", "W3b"];

/**
 * fit() against the bare loop over the same samples, on both tiers, silent and with a progress bar. Whether fit() stayed within its
 * five percent everywhere: of each process the median over turns that alternate epoch by epoch, of the processes the middle one.
 */
export async function compareFit(workloads: readonly WorkloadFiles[], progress: (text: string) => void): Promise<boolean> {
  const rows: string[][] = [];
  const failures: string[] = [];
  for (const workload of workloads) {
    for (const tier of ["native", "wasm"]) {
      for (const verbose of [0, 1] as const) {
        const title = `${workload.name} ${tier}, ${verbose === 0 ? "silent" : "with a bar"}`;
        progress(title);
        const lines: FitLine[] = [];
        for (let i = 0; i < processes; i++) {
          const line = await measure(workload, tier, { ...plan, verbose });
          if (typeof line === "string") failures.push(`${title}: ${line}`);
          else lines.push(line);
        }
        const line = lines.toSorted((a, b) => a.ratio - b.ratio)[Math.floor(lines.length / 2)];
        if (line === undefined) continue;
        if (line.ratio > mostRatio) failures.push(`${title}: ${line.ratio.toFixed(3)} times the bare loop`);
        rows.push([
          title,
          duration(line.fitUs),
          duration(line.bareUs),
          line.ratio.toFixed(3),
          `${Math.min(...lines.map(({ ratio }) => ratio)).toFixed(3)} to ${Math.max(...lines.map(({ ratio }) => ratio)).toFixed(3)}`,
          `${line.turns} x ${line.epochsPerTurn}`,
          `${line.fitStartMs.toFixed(0)} ms`,
          `${line.bareStartMs.toFixed(0)} ms`,
          `${line.secondStartMs.toFixed(1)} ms`,
        ]);
      }
    }
  }
  progress("");
  const header = [
    "",
    "fit",
    "bare loop",
    "ratio",
    "of processes",
    "turns x epochs",
    "fit's first epoch after",
    "the loop's",
    "a second fit's",
  ];
  console.log(markdown(header, rows));
  console.log(failures.length === 0 ? `\nfit() is within ${mostRatio} of the bare loop.` : `\nToo slow:\n${failures.join("\n")}`);
  return failures.length === 0;
}

const measure = (workload: WorkloadFiles, tier: string, asked: FitPlan): Promise<FitLine | string> =>
  answerOf("fit-process", {
    GRADSMITH_CPU: tier,
    BENCH_WORKLOAD: JSON.stringify({
      ...workload,
      samples: workload.name === "W1" ? workload.samples : Math.min(workload.samples, mostSamples),
    }),
    BENCH_FIT: JSON.stringify(asked),
  });

import { availableParallelism } from "node:os";
import { contestants, startContestant } from "./contestant.ts";
import { nativeLimits } from "./limits-native.ts";
import { describeMachine } from "./machine.ts";
import { markdown } from "./markdown.ts";
import { median } from "./measure.ts";
import type { Resident } from "./resident.ts";
import { duration } from "./table.ts";
import type { WorkloadFiles } from "./workload.ts";

export const threadedWorkloads = ["W3b", "W4", "W5", "W6"];
const turns = 11;

/**
 * The native tier with one thread against all cores, in turns; beside it what the machine has to give: as many processes of one thread as there
 * are cores, all at once, against one of them alone. Whether results were the same to the last bit.
 */
export async function compareThreads(workloads: readonly WorkloadFiles[], progress: (text: string) => void): Promise<boolean> {
  const native = contestants.find(({ name }) => name === "gradsmith native")!;
  const cores = availableParallelism();
  const rows: string[][] = [];
  let agree = true;
  for (const workload of workloads) {
    const start = (threads: number): Promise<Resident> => {
      progress(`${workload.name} with ${threads}`);
      const command = () => ({
        ...native.command(workload),
        env: { GRADSMITH_CPU: "native", GRADSMITH_THREADS: String(threads), BENCH_RESULT: "1" },
      });
      return startContestant({ ...native, command }, workload, { warmMs: 300, turnMs: 200, timeoutMs: 60_000 });
    };
    const divided = await start(cores);
    const copies: Resident[] = [];
    while (copies.length < cores) copies.push(await start(1));
    for (const row of divided.rows) {
      const results = new Set<string | undefined>();
      /** Processes take a turn at once: the time of a step in each, together. */
      const timed = async (residents: readonly Resident[]): Promise<number> => {
        const lines = await Promise.all(residents.map((resident) => resident.turn(row)));
        return lines.reduce((sum, line, i) => {
          if (line === undefined) throw new Error(`${row}: ${residents[i]!.absent}`);
          results.add(line.result);
          return sum + line.us_per_step;
        }, 0);
      };
      // Ratios are of neighbouring turns: on a shared machine, minutes differ by more than these do.
      const times: { readonly one: number; readonly all: number; readonly together: number }[] = [];
      for (let turn = 0; turn < turns; turn++) {
        progress(`${row} turn ${turn + 1}/${turns}`);
        const one = await timed([copies[turn % cores]!]);
        const all = await timed([divided]);
        times.push({ one, all, together: (await timed(copies)) / cores });
      }
      agree &&= results.size === 1;
      rows.push([
        row,
        duration(median(times.map(({ one }) => one))),
        duration(median(times.map(({ all }) => all))),
        `${median(times.map(({ one, all }) => one / all)).toFixed(2)}x`,
        `${median(times.map(({ one, together }) => (cores * one) / together)).toFixed(2)}x`,
        `${results.size === 1 ? "same" : "DIFFERENT"}: ${[...results].join(", ")}`,
      ]);
    }
    for (const resident of [divided, ...copies]) await resident.end();
  }
  progress("");
  const [one, all] = nativeLimits();
  if (one !== undefined && all !== undefined)
    rows.push([
      "the machine's multiply-adds",
      `${(one.operationsPerSecond / 1e9).toFixed(0)} Gop/s`,
      `${(all.operationsPerSecond / 1e9).toFixed(0)} Gop/s`,
      `${(all.operationsPerSecond / one.operationsPerSecond).toFixed(2)}x`,
      "",
      "",
    ]);
  console.log(`${describeMachine()}; native tier.\n`);
  console.log(markdown(["", "1 thread", `${cores} threads`, "ratio", `${cores} processes of 1 thread`, "result"], rows));
  return agree;
}

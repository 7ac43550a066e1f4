import { availableParallelism } from "node:os";
import { contestants, startContestant } from "./contestant.ts";
import { nativeLimits } from "./limits-native.ts";
import { describeMachine } from "./machine.ts";
import { markdown } from "./markdown.ts";
import { median } from "./measure.ts";
import { duration } from "./table.ts";
import type { WorkloadFiles } from "./workload.ts";

export const threadedWorkloads = ["W3b", "W4", "W5", "W6"];
const turns = 9;

/** The native tier with one thread against all cores, in turns; and what the machine's own multiply-adds gain. Whether results were the same to the last bit. */
export async function compareThreads(workloads: readonly WorkloadFiles[], progress: (text: string) => void): Promise<boolean> {
  const native = contestants.find(({ name }) => name === "gradsmith native")!;
  const counts = [1, availableParallelism()];
  const rows: string[][] = [];
  let agree = true;
  for (const workload of workloads) {
    const residents = [];
    for (const threads of counts) {
      progress(`${workload.name} with ${threads}`);
      const limited = {
        ...native,
        command: () => ({
          ...native.command(workload),
          env: { GRADSMITH_CPU: "native", GRADSMITH_THREADS: String(threads), BENCH_RESULT: "1" },
        }),
      };
      residents.push(await startContestant(limited, workload, { warmMs: 300, turnMs: 200, timeoutMs: 60_000 }));
    }
    for (const row of residents[0]!.rows) {
      const times: number[][] = counts.map(() => []);
      const results = new Set<string | undefined>();
      for (let turn = 0; turn < turns; turn++) {
        progress(`${row} turn ${turn + 1}/${turns}`);
        const order = [...residents.entries()];
        for (const [i, resident] of turn % 2 === 0 ? order : order.reverse()) {
          const line = await resident.turn(row);
          if (line === undefined) throw new Error(`${row}: ${resident.absent}`);
          times[i]!.push(line.us_per_step);
          results.add(line.result);
        }
      }
      const [one, all] = times.map(median) as [number, number];
      agree &&= results.size === 1;
      rows.push([
        row,
        duration(one),
        duration(all),
        `${(one / all).toFixed(2)}x`,
        `${results.size === 1 ? "same" : "DIFFERENT"}: ${[...results].join(", ")}`,
      ]);
    }
    for (const resident of residents) await resident.end();
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
    ]);
  console.log(`${describeMachine()}; native tier.\n`);
  console.log(markdown(["", "1 thread", `${counts[1]} threads`, "ratio", "result"], rows));
  return agree;
}

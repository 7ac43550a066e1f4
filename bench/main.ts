import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { compareAll } from "./comparison.ts";
import { compareFit, fitWorkloads } from "./fit.ts";
import { measureGrowth } from "./growth.ts";
import { describeLimits, measureLimits } from "./limits.ts";
import { disturbance } from "./machine.ts";
import { comparePrecisions } from "./precision.ts";
import { drawRatios } from "./ratio-chart.ts";
import { writeSamples } from "./samples.ts";
import { compareThreads, threadedWorkloads } from "./threads.ts";
import type { Workload, WorkloadFiles } from "./workload.ts";
import { workloads } from "./workload.ts";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    rounds: { type: "string", default: "7" },
    seeds: { type: "string", default: "10" },
    only: { type: "string" },
    docs: { type: "boolean", default: false },
    help: { type: "boolean", default: false },
  },
});
const help = `npm run bench [-- COMMAND] [NAME ...] [OPTIONS]

  npm run bench                 all workloads against all peers, and what share of the machine's limit is reached: under ten minutes
  npm run bench -- W1 W4        some rows
  npm run bench -- limits       only the machine's limits: multiply-adds and bandwidth, native and wasm
  npm run bench -- threads      one thread against all cores: W3b, W4, W5, W6; the losses must be the same to the last bit
  npm run bench -- fit          fit() against the bare loop: W1, W2, W3a, W3b; exits with 1 where it costs more than 5%
  npm run bench -- precision    accuracy on Fashion-MNIST of bf16 against f32, seed by seed; exits with 1 where bf16 costs more than 0.3 points
  npm run bench -- chart        docs/benchmarks.svg again, from the tables in docs/benchmarks.md
  npm run bench -- growth       step time and memory against batch, width, depth and parameters: a table, and docs/growth.svg

${workloads.map(({ name, title }) => `  ${name.padEnd(5)} ${title}`).join("\n")}

--rounds N   turns for each contestant, at least (7); more are taken where ratios are uncertain
--seeds N    runs of precision (10)
--only LIST  contestants whose names contain one of these: gradsmith,PyTorch
--docs       put the tables into docs/benchmarks.md, with their chart, and growth's into docs/growth.md`;

if (values.help) {
  console.log(help);
  process.exit(0);
}
const warning = disturbance();
if (warning !== undefined) console.error(warning);
const folder = mkdtempSync(join(tmpdir(), "gradsmith-bench-"));
try {
  if (!(await run(...commandOf(positionals)))) process.exitCode = 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}

/** Whether all went as it should. */
async function run(command: string, names: readonly string[]): Promise<boolean> {
  switch (command) {
    case "chart":
      drawRatios();
      return true;
    case "limits":
      console.log(describeLimits(await measureLimits(progress)));
      return true;
    case "fit":
      return compareFit(files(names, fitWorkloads), progress);
    case "threads":
      return compareThreads(files(names, threadedWorkloads), progress);
    case "precision":
      return comparePrecisions(count("seeds", 2), progress);
    case "growth":
      return measureGrowth({ only: names, intoDocs: values.docs, progress });
    default:
      await compareAll({
        workloads: files(
          names,
          workloads.map(({ name }) => name),
        ),
        rounds: count("rounds", 1),
        only: values.only?.split(",").map((part) => part.toLowerCase()),
        intoDocs: values.docs,
        progress,
      });
      return true;
  }
}

/** An option that counts something. */
function count(option: "rounds" | "seeds", least: number): number {
  const given = Number(values[option]);
  if (Number.isInteger(given) && given >= least) return given;
  console.error(`[bench] --${option} must be a whole number from ${least} on, got "${values[option]}".`);
  process.exit(2);
}

function commandOf([first, ...others]: readonly string[]): [command: string, names: readonly string[]] {
  const isCommand = first !== undefined && ["chart", "limits", "fit", "threads", "precision", "growth"].includes(first);
  return isCommand ? [first, others] : ["", first === undefined ? [] : [first, ...others]];
}

/** The workloads of these names, or the usual ones, with their samples written. */
function files(names: readonly string[], usual: readonly string[]): WorkloadFiles[] {
  return (names.length === 0 ? usual : names).map((name) => writeSamples(find(name), folder));
}

function find(name: string): Workload {
  const workload = workloads.find((candidate) => candidate.name.toLowerCase() === name.toLowerCase());
  if (workload !== undefined) return workload;
  console.error(`[bench] unknown workload "${name}". Known: ${workloads.map((known) => known.name).join(", ")}.`);
  process.exit(2);
}

function progress(text: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[2K${text}`);
}

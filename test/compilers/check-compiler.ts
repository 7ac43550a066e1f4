// What `npm run compilers` starts for each compiler, with CC set: tries it, and prints what it found as JSON.
import { nativeTier } from "../../src/backends/cpu/native.ts";
import type { Toolchain } from "../../src/backends/cpu/toolchain.ts";
import { findToolchain } from "../../src/backends/cpu/toolchain.ts";
import { randomGraph } from "../random-graphs/generate.ts";
import { layerGradient } from "../random-graphs/layer-gradient.ts";
import { mismatch } from "../random-graphs/run-graph.ts";
import { faultPrograms, programFault } from "./fault-programs.ts";
import { patternFault, patterns } from "./patterns.ts";

const [seeds, fixtures] = [Number(process.argv[2]), process.argv[3]!];
const toolchain = findToolchain();
const report = toolchain.available ? check(toolchain.found) : { version: "", cases: 1, faults: [toolchain.reason] };
console.log(JSON.stringify(report));

function check(toolchain: Toolchain): { version: string; cases: number; faults: string[] } {
  const backend = nativeTier();
  const numbers = Array.from({ length: seeds }, (_, seed) => seed);
  const cases: (() => string | undefined)[] = [
    ...patterns.map((pattern) => () => patternFault(toolchain, pattern, fixtures)),
    ...faultPrograms().map((program) => () => programFault(backend, program)),
    ...(["f32", "f64"] as const).flatMap((float) =>
      [randomGraph, layerGradient].flatMap((make) => numbers.map((seed) => () => mismatch(make(seed, float), backend))),
    ),
  ];
  const faults = cases.flatMap((run) => {
    try {
      return run() ?? [];
    } catch (error) {
      return String(error);
    }
  });
  return { version: toolchain.version, cases: cases.length, faults };
}

import { availableParallelism, cpus, totalmem } from "node:os";
import { CodeCache } from "../../backends/cpu/cache.ts";
import { nativeAvailability } from "../../backends/cpu/native.ts";
import { wasmFeatures } from "../../backends/cpu/wasm-features.ts";
import { version } from "../../core/version.ts";
import { dataCacheFolder } from "../../data/files-cache.ts";
import { describeDevice, devices } from "../../runtime/settings.ts";
import type { Command } from "../command.ts";

export const doctor: Command = {
  name: "doctor",
  summary: "show what Gradsmith finds on this machine, and what it uses",
  positionals: [],
  options: {},
  examples: [
    ["gradsmith doctor", "versions, backends, compiler, folders"],
    ["GRADSMITH_CPU=wasm gradsmith doctor", "as it would be without the C compiler"],
  ],

  async run(_given, terminal) {
    const rows: readonly (readonly [string, string])[] = [
      ["gradsmith", version],
      ["node", `${process.versions.node} (V8 ${process.versions.v8})`],
      ["system", `${process.platform} ${process.arch}, ${cpus()[0]?.model.trim() ?? "unknown processor"}`],
      ["cores", `${availableParallelism()}, memory ${(totalmem() / 2 ** 30).toFixed(1)} GiB`],
      ["wasm tier", describeWasm()],
      ["native tier", describeNative()],
      [
        "devices",
        devices()
          .map(({ device }) => device)
          .join(", "),
      ],
      ["in use", describeDevice().lines.join("; ")],
      ["code cache", describeCodeCache()],
      ["data", describeData()],
      ...environmentNames.filter((name) => (process.env[name] ?? "") !== "").map((name) => [name, process.env[name]!] as const),
    ];
    const width = Math.max(...rows.map(([name]) => name.length));
    for (const [name, text] of rows) terminal.print(`${name.padEnd(width)}  ${text}`);
    return 0;
  },
};

/** What changes where programs run or what they read. */
const environmentNames = [
  "GRADSMITH_DEVICE",
  "GRADSMITH_CPU",
  "GRADSMITH_THREADS",
  "GRADSMITH_DATA",
  "CC",
  "GRADSMITH_COMPILER_SECONDS",
  "GRADSMITH_CACHE",
  "XDG_CACHE_HOME",
];

function describeWasm(): string {
  const { simd, relaxedSimd } = wasmFeatures();
  if (!simd) return "no: this engine's WebAssembly has no SIMD";
  return `yes: WebAssembly SIMD, ${relaxedSimd ? "with" : "without"} fused multiply-add (relaxed SIMD)`;
}

function describeNative(): string {
  const { available, reason, compiler, lanes } = nativeAvailability();
  return available ? `yes: ${reason} (${compiler ?? "unknown version"}), ${lanes ?? 4} f32 lanes` : `no: ${reason}`;
}

function describeCodeCache(): string {
  const { directory, problem } = CodeCache.open();
  return problem === undefined ? directory : `${directory}, for this process only: ${problem}`;
}

function describeData(): string {
  const given = process.env["GRADSMITH_DATA"];
  const cache = dataCacheFolder();
  return given === undefined || given === "" ? `${cache} (GRADSMITH_DATA is not set)` : `${given}, then ${cache}`;
}

import { spawnSync } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { availableParallelism } from "node:os";
import { openBlas } from "./open-blas.ts";
import { Resident } from "./resident.ts";
import { root } from "./root.ts";
import type { Kept, Workload, WorkloadFiles } from "./workload.ts";

/** Someone who can run some of the workloads, one process at a time. */
export interface Contestant {
  readonly name: string;
  readonly workloads: readonly string[];
  /** Why it can't run on this machine, or undefined. */
  missing(): string | undefined;
  command(workload: Workload): { readonly file: string; readonly args: readonly string[]; readonly env?: Readonly<Record<string, string>> };
  /** What BENCH_CONFIGURATION may be, when the contestant should be given its best: either found by a `scan` process, or these, tried in turn. */
  readonly configurations?: "scan" | ((workload: Workload) => readonly string[]);
}

const training = ["W1", "W2", "W3a", "W3b", "W4", "W5"];
const built = (path: string) => root("bench", path, ".build", "peer.js");
const installed = (peer: string, what: string) =>
  existsSync(root("bench/peers", peer, "node_modules", what)) ? undefined : "not installed (npm run bench:install)";

/** Of pixels, whichever of the two is faster. */
const keptBytesOrFloats = ({ pixels }: Workload): Kept[] => (pixels === true ? ["bytes", "floats"] : []);

/** The wasm tier is compared with engines of one thread. */
const environments = { native: { GRADSMITH_CPU: "native" }, wasm: { GRADSMITH_CPU: "wasm", GRADSMITH_THREADS: "1" } } as const;

function ours(tier: "native" | "wasm"): Contestant {
  return {
    name: `gradsmith ${tier}`,
    workloads: [...training, "W6", "W7", "R20"],
    missing: () => undefined,
    command: () => ({ file: process.execPath, args: [root("bench/.build/ours.js")], env: environments[tier] }),
    configurations: ({ pixels }) => (pixels === true ? ["bytes"] : []),
  };
}

const torch: Contestant = {
  name: "PyTorch",
  workloads: [...training, "W6", "W7", "R20"],
  missing: () => (pythonWith("torch") === undefined ? "no Python with torch (npm run bench:install says how)" : undefined),
  command() {
    const python = pythonWith("torch")!;
    const { env, core } = openBlas(python);
    return {
      file: python,
      args: [root("bench/peers/torch/peer.py")],
      env: { ...env, ...(core === undefined ? {} : { BENCH_BLAS: core }) },
    };
  },
  configurations: "scan",
};

const jax: Contestant = {
  name: "JAX",
  workloads: [...training, "W6", "W7", "R20"],
  missing: () => (venvPython() === undefined && pythonWith("jax") === undefined ? "no Python with jax (npm run bench:install)" : undefined),
  command: () => ({ file: venvPython() ?? pythonWith("jax")!, args: [root("bench/peers/jax/peer.py")], env: { JAX_PLATFORMS: "cpu" } }),
  configurations: keptBytesOrFloats,
};

const jaxJs: Contestant = {
  name: "jax-js",
  workloads: [...training, "W6", "W7"],
  missing: () => installed("jax-js", "@jax-js/jax"),
  command: () => ({ file: process.execPath, args: [built("peers/jax-js")] }),
  configurations: keptBytesOrFloats,
};

const tfjs: Contestant = {
  name: "tfjs",
  workloads: [...training, "W6", "W7"],
  missing: () => installed("tfjs", "@tensorflow/tfjs-backend-wasm"),
  command: () => ({ file: process.execPath, args: [built("peers/tfjs")] }),
};

const onnxRuntime: Contestant = {
  name: "onnxruntime",
  workloads: ["W6", "W7"],
  missing() {
    const models = root("bench/peers/onnxruntime/models");
    if (!existsSync(models) || readdirSync(models).length === 0) return "its models are not there (npm run bench:install, with torch)";
    return installed("onnxruntime", "onnxruntime-node");
  },
  command: () => ({ file: process.execPath, args: [built("peers/onnxruntime")] }),
  configurations: () => [...new Set(["1", String(availableParallelism())])],
};

export const contestants: readonly Contestant[] = [ours("native"), ours("wasm"), torch, jax, jaxJs, tfjs, onnxRuntime];

/** One process over one workload, ready for its turns. */
export function startContestant(
  contestant: Contestant,
  workload: WorkloadFiles,
  { configuration, warmMs, turnMs, timeoutMs }: { configuration?: string; warmMs: number; turnMs: number; timeoutMs: number },
): Promise<Resident> {
  const { file, args, env } = contestant.command(workload);
  const threads = configuration?.split(" ")[0];
  return Resident.start(file, args, {
    env: {
      ...env,
      // A number first means threads. OpenMP's pool must be that size from the start.
      ...(threads !== undefined && /^\d+$/.test(threads) ? { OMP_NUM_THREADS: threads } : {}),
      ...(configuration === undefined ? {} : { BENCH_CONFIGURATION: configuration }),
      BENCH_WORKLOAD: JSON.stringify(workload),
      BENCH_WARM_MS: String(warmMs),
      BENCH_TURN_MS: String(turnMs),
    },
    timeoutMs,
  });
}

const found = new Map<string, string | undefined>();

/** The first Python that has the module: GRADSMITH_BENCH_PYTHON, python3 on the path, the system's own. */
function pythonWith(module: string): string | undefined {
  if (!found.has(module)) {
    const candidates = [process.env["GRADSMITH_BENCH_PYTHON"], "python3", "/usr/bin/python3"].filter((path) => path !== undefined);
    const code = `import importlib.util, sys; sys.exit(importlib.util.find_spec(${JSON.stringify(module)}) is None)`;
    found.set(
      module,
      candidates.find((python) => spawnSync(python, ["-c", code]).status === 0),
    );
  }
  return found.get(module);
}

function venvPython(): string | undefined {
  return ["bin/python", "Scripts/python.exe"].map((path) => root("bench/peers/.venv", path)).find(existsSync);
}

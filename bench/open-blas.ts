import { spawnSync } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { root } from "./root.ts";

export interface OpenBlas {
  readonly env: Readonly<Record<string, string>>;
  /** Whose kernels it was made to run, if not those it would have chosen. */
  readonly core?: string;
}

/** Kernels worth trying on processors that OpenBLAS may not know. */
const cores = ["Cooperlake", "SkylakeX", "Haswell", "Zen"];
let found: OpenBlas | undefined;

/**
 * What gives PyTorch its best matrix products here. Debian's OpenBLAS has a thread pool of its own, deaf to torch.set_num_threads, that fights
 * PyTorch's: three times slower on two cores; the OpenMP build of the same library shares PyTorch's pool. And a library older than the
 * processor may take it for a Prescott: a quarter of the speed on a Sapphire Rapids, so other cores' kernels are tried.
 */
export function openBlas(python: string): OpenBlas {
  found ??= look(python);
  return found;
}

function look(python: string): OpenBlas {
  const libraries = root("bench/peers/torch/openblas/usr/lib");
  const folder = existsSync(libraries)
    ? readdirSync(libraries)
        .map((architecture) => join(libraries, architecture, "openblas-openmp"))
        .find(existsSync)
    : undefined;
  const env = folder === undefined ? {} : { LD_LIBRARY_PATH: folder };
  const usual = timed(python, env);
  if (usual === undefined || process.env["OPENBLAS_CORETYPE"] !== undefined) return { env };
  const tried = cores.flatMap((core) => {
    const seconds = timed(python, { ...env, OPENBLAS_CORETYPE: core });
    return seconds === undefined ? [] : [{ core, seconds }];
  });
  const best = tried.reduce((a, b) => (b.seconds < a.seconds ? b : a), { core: "", seconds: usual * 0.9 });
  return best.core === "" ? { env } : { env: { ...env, OPENBLAS_CORETYPE: best.core }, core: best.core };
}

/** Seconds for a product on one thread; undefined where it can't be told, or ends badly on kernels that this processor can't run. */
function timed(python: string, env: Readonly<Record<string, string>>): number | undefined {
  const { status, stdout } = spawnSync(python, [root("bench/peers/torch/core.py")], {
    env: { ...process.env, ...env, OMP_NUM_THREADS: "1" },
    encoding: "utf8",
    timeout: 20_000,
  });
  return status === 0 ? (JSON.parse(stdout) as { seconds: number }).seconds : undefined;
}

import { registerBackend } from "../backends/registry.ts";
import { WorkerBackend } from "../backends/worker/worker-backend.ts";
import { positiveInteger } from "../core/checks.ts";
import type { OptionChecks } from "../core/options.ts";
import { checkOptions } from "../core/options.ts";
import { setDevice } from "./settings.ts";

/** The options of `useWorker`. */
export interface UseWorkerOptions {
  /** Threads for large kernels, where the page is cross-origin isolated; at most 64. Default 1. */
  readonly threads?: number;
}

const checks: OptionChecks<UseWorkerOptions> = { threads: positiveInteger };

let worker: WorkerBackend | undefined;

/**
 * Has everything that is traced from now on run in a Web Worker (in Node in a worker thread), so that a page stays responsive while a model
 * trains: `fit`, `predict`, callbacks and own functions are written and called as ever. Numbers are the same to the bit. `setDevice({ device: "cpu" })`
 * goes back. A Content-Security-Policy must allow `worker-src blob:`.
 *
 * @throws GradsmithError "option" for an unknown option or a number of threads that makes no sense; "device" where there are no workers, when
 * something is first computed.
 * @example
 * useWorker();
 * await model.fit(x, y, { epochs: 20 });
 */
export function useWorker(options: UseWorkerOptions = {}): void {
  const { threads } = checkOptions("useWorker", options, checks);
  if (worker === undefined) {
    worker = new WorkerBackend();
    registerBackend(worker);
  }
  setDevice({ device: "worker", ...(threads === undefined ? {} : { threads }) });
}

import { GradsmithError } from "../../core/errors.ts";
import type { Answer, Request } from "./messages.ts";
import { script } from "./script.ts";

/** A worker that was started. */
export interface Started {
  post(request: Request): void;
  /** Whether it keeps the process alive. */
  keepAlive(isNeeded: boolean): void;
}

interface Listener {
  answered(answer: Answer): void;
  /** Nothing will be answered any more. */
  failed(cause: unknown): void;
}

/** Starts a worker on `serve.ts`: Node's, or a page's. */
export function startWorker({ answered, failed }: Listener): Started {
  const { process, Worker, Blob, URL } = globalThis as unknown as Environment;
  const node = process?.getBuiltinModule?.("node:worker_threads") as { readonly Worker: NodeWorker } | undefined;
  if (node !== undefined) {
    const glue = `const { parentPort } = require("node:worker_threads");
parentPort.on("message", gradsmithWorker.serve((answer, transfer) => parentPort.postMessage(answer, transfer)));`;
    const worker = new node.Worker(`${script}\n${glue}`, { eval: true, execArgv: [] });
    worker.on("message", (answer) => answered(answer as Answer));
    worker.on("error", failed);
    worker.on("exit", (code) => failed(new Error(`it ended with exit code ${code}`)));
    worker.unref();
    return {
      post: (request) => worker.postMessage(request),
      keepAlive: (isNeeded) => (isNeeded ? worker.ref() : worker.unref()),
    };
  }
  if (Worker === undefined) throw new GradsmithError("device", "worker", "there are no workers here.", 'Use the device "cpu".');
  const glue = "const answer = gradsmithWorker.serve((it, transfer) => postMessage(it, transfer)); onmessage = ({ data }) => answer(data);";
  const worker = new Worker(URL.createObjectURL(new Blob([`${script}\n${glue}`], { type: "text/javascript" })));
  worker.onmessage = ({ data }) => answered(data);
  worker.onerror = ({ message }) => failed(new Error(message ?? "the page's Content-Security-Policy may lack worker-src blob:"));
  return { post: (request) => worker.postMessage(request), keepAlive() {} };
}

interface Environment {
  readonly process?: { readonly getBuiltinModule?: (name: string) => unknown };
  readonly Worker?: new (url: string) => PageWorker;
  readonly Blob: new (parts: readonly string[], options: { readonly type: string }) => unknown;
  readonly URL: { createObjectURL(blob: unknown): string };
}
interface PageWorker {
  onmessage: (event: { readonly data: Answer }) => void;
  onerror: (event: { readonly message?: string }) => void;
  postMessage(data: unknown): void;
}
type NodeWorker = new (
  code: string,
  options: { readonly eval: true; readonly execArgv: readonly string[] },
) => {
  on(event: "message" | "error" | "exit", listener: (what: unknown) => void): void;
  postMessage(data: unknown): void;
  ref(): void;
  unref(): void;
};

import type { Program } from "../../ir/program.ts";
import type { PrintedProgram, Sharing } from "../../targets/wasm/print.ts";
import { isWorthSharing, sharedAmong } from "../../targets/wasm/print-threaded.ts";
import type { CompiledModule, WasmEngine, WasmMemory } from "./wasm-engine.ts";

/** A program for several threads, in a memory they share. */
export interface Threaded {
  readonly printed: PrintedProgram;
  readonly module: CompiledModule;
  readonly memory: WasmMemory;
  /** Sees that there are workers. Those that have had nothing to do for some seconds end, so that a program nobody runs holds none. */
  readonly employ: () => void;
}

/** Undefined where no kernel is worth it, or the environment has no shared memory or no workers. */
export async function threaded(
  program: Program,
  { engine, threads }: { readonly engine: WasmEngine; readonly threads: number },
  print: (sharing: Sharing) => PrintedProgram,
): Promise<Threaded | undefined> {
  const start = starter();
  if (start === undefined || !isWorthSharing(program)) return undefined;
  const printed = print(sharedAmong(threads));
  const memory = sharedMemory(engine, printed.memoryPages);
  if (memory === undefined) return undefined;
  const module = await engine.compile(printed.bytes);
  const absent = new Set(Array.from({ length: threads - 1 }, (_, i) => i + 1));
  const employ = (): void => {
    for (const thread of absent) {
      absent.delete(thread);
      try {
        start({ module, memory, thread }, () => absent.add(thread));
      } catch {
        // The caller computes what nobody claims.
      }
    }
  };
  employ();
  return { printed, module, memory, employ };
}

function sharedMemory(engine: WasmEngine, pages: number): WasmMemory | undefined {
  try {
    return new engine.Memory({ initial: pages, maximum: pages, shared: true });
  } catch {
    return undefined;
  }
}

interface Work {
  readonly module: CompiledModule;
  readonly memory: WasmMemory;
  readonly thread: number;
}
type Start = (work: Work, ended: () => void) => void;

const work =
  "const work = ({ module, memory, thread }) => new WebAssembly.Instance(module, { gradsmith: { memory } }).exports.work(thread);";

/** How this environment starts a thread that doesn't keep the process alive: Node's way, or a page's, if other origins are kept out of it. */
function starter(): Start | undefined {
  const { process, Worker, Blob, URL, crossOriginIsolated } = globalThis as unknown as Environment;
  const node = process?.getBuiltinModule?.("node:worker_threads") as { readonly Worker: NodeWorker } | undefined;
  if (node !== undefined) {
    return (workerData, ended) => {
      const code = `${work} work(require("node:worker_threads").workerData);`;
      const worker = new node.Worker(code, { eval: true, execArgv: [], workerData });
      worker.on("error", () => {});
      // One that failed isn't tried again.
      worker.on("exit", (status) => {
        if (status === 0) ended();
      });
      worker.unref();
    };
  }
  if (crossOriginIsolated !== true || Worker === undefined) return undefined;
  const url = URL.createObjectURL(new Blob([`${work} onmessage = ({ data }) => { work(data); postMessage(0); close(); };`]));
  return (data, ended) => {
    const worker = new Worker(url);
    worker.onmessage = ended;
    worker.postMessage(data);
  };
}

interface Environment {
  readonly process?: { readonly getBuiltinModule?: (name: string) => unknown };
  readonly Worker?: new (url: string) => { onmessage: () => void; postMessage(data: unknown): void };
  readonly Blob: new (parts: readonly string[]) => unknown;
  readonly URL: { createObjectURL(blob: unknown): string };
  readonly crossOriginIsolated?: boolean;
}
type NodeWorker = new (
  code: string,
  options: { readonly eval: true; readonly execArgv: readonly string[]; readonly workerData: unknown },
) => { on(event: "error" | "exit", listener: (status: unknown) => void): void; unref(): void };

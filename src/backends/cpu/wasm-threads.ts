import type { Program } from "../../ir/program.ts";
import type { WasmCode } from "../../targets/wasm/print.ts";
import type { Storage } from "./storage.ts";
import { nowhere } from "./storage.ts";
import type { CompiledModule, WasmEngine, WasmMemory } from "./wasm-engine.ts";

/** A program on several threads, in a memory they share. (What throws errors is handed in: bundles have this file by itself.) */
export interface Threaded {
  readonly module: CompiledModule;
  readonly memory: WasmMemory;
  /**
   * What is loaded, with workers beside it whenever it runs. Those that have had nothing to do for some seconds end, so that a program nobody
   * runs holds none. If one is killed over its work nobody knows what has been written: `lost` gives the error that is thrown now, and later to
   * whoever asks for the numbers.
   */
  guarded(run: Run, lost: (what: string, fix: string) => Error): Run;
}
type Run = (repeat: number, storages: readonly Storage[]) => void;

export interface ThreadedOptions {
  readonly engine: WasmEngine;
  readonly threads: number;
}

/** Whether threads can be started here that share memory. */
export const hasThreads = (): boolean => starter() !== undefined;

/** Starts the threads of a program that was printed for them; undefined where the environment has no shared memory or no workers. */
export async function threaded(
  program: Pick<Program, "name" | "arguments">,
  printed: WasmCode,
  { engine, threads }: ThreadedOptions,
): Promise<Threaded | undefined> {
  const start = starter();
  const memory = start && sharedMemory(engine, printed.memoryPages);
  if (start === undefined || memory === undefined) return undefined;
  const module = await engine.compile(printed.bytes);
  const workers = new Workers(start, { module, memory }, threads - 1);
  workers.employ();
  const guarded: Threaded["guarded"] = (run, lost) => {
    return (repeat, storages) => {
      workers.employ();
      try {
        run(repeat, storages);
      } catch (cause) {
        if (!/unreachable/i.test(String(cause))) throw cause;
        workers.stop();
        const error = lost(
          `a worker of program ${program.name} was killed in the middle of its work, and the numbers it was computing are lost.`,
          "Make them again or load them from a file; the program goes on without workers.",
        );
        for (const [place, { access }] of program.arguments.entries()) if (access !== "read") storages[place]!.moveTo(nowhere(error));
        throw error;
      }
    };
  };
  return { module, memory, guarded };
}

class Workers {
  readonly #start: Start;
  readonly #shared: Omit<Work, "thread">;
  readonly #absent: Set<number>;
  readonly #stops = new Map<number, () => void>();

  constructor(start: Start, shared: Omit<Work, "thread">, count: number) {
    this.#start = start;
    this.#shared = shared;
    this.#absent = new Set(Array.from({ length: count }, (_, i) => i + 1));
  }

  /** Sees that all are there. */
  employ(): void {
    for (const thread of this.#absent) {
      this.#absent.delete(thread);
      try {
        const stop = this.#start({ ...this.#shared, thread }, () => this.#absent.add(thread));
        this.#stops.set(thread, stop);
      } catch {
        // The caller computes what nobody claims.
      }
    }
  }

  stop(): void {
    for (const stop of this.#stops.values()) stop();
  }
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
/** Gives what stops it. */
type Start = (work: Work, ended: () => void) => () => void;

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
      return () => worker.terminate();
    };
  }
  if (crossOriginIsolated !== true || Worker === undefined) return undefined;
  const url = URL.createObjectURL(new Blob([`${work} onmessage = ({ data }) => { work(data); postMessage(0); close(); };`]));
  return (data, ended) => {
    const worker = new Worker(url);
    worker.onmessage = ended;
    worker.postMessage(data);
    return () => worker.terminate();
  };
}

interface Environment {
  readonly process?: { readonly getBuiltinModule?: (name: string) => unknown };
  readonly Worker?: new (url: string) => { onmessage: () => void; postMessage(data: unknown): void; terminate(): void };
  readonly Blob: new (parts: readonly string[]) => unknown;
  readonly URL: { createObjectURL(blob: unknown): string };
  readonly crossOriginIsolated?: boolean;
}
type NodeWorker = new (
  code: string,
  options: { readonly eval: true; readonly execArgv: readonly string[]; readonly workerData: unknown },
) => { on(event: "error" | "exit", listener: (status: unknown) => void): void; unref(): void; terminate(): void };

import { lose, Storage } from "../cpu/storage.ts";
import { wasmEngine } from "../cpu/wasm-engine.ts";
import type { Callee } from "../cpu/wasm-executable.ts";
import { WasmExecutable } from "../cpu/wasm-executable.ts";
import type { Answer, Request } from "./messages.ts";
import { errorOf, faultOf } from "./messages.ts";

interface Loaded {
  readonly executable: WasmExecutable;
  readonly callee: Callee;
}

/**
 * The worker's side: does what it is asked, in order, over memories and programs of its own. What fails is told to whoever reads what it would have
 * written. This file and all it imports become `script.ts`.
 */
export function serve(answer: (answer: Answer, transfer: readonly ArrayBufferLike[]) => void): (request: Request) => void {
  const memories = new Map<number, Storage>();
  const programs = new Map<number, Loaded>();
  const waiting: Request[] = [];
  let isWaiting = false;

  const memory = (id: number): Storage => memories.get(id)!;

  /** Gives what the next request has to wait for. */
  const handle = (request: Request): Promise<unknown> | undefined => {
    switch (request.kind) {
      case "allocate":
        memories.set(request.memory, new Storage(request.byteLength));
        return undefined;
      case "fill": {
        const { bytes } = request;
        const known = memories.get(request.memory);
        if (known === undefined) memories.set(request.memory, new Storage(bytes.byteLength, bytes));
        else known.overwritten().set(bytes);
        return undefined;
      }
      case "copy":
        try {
          memory(request.from).copyTo(memory(request.to).overwritten());
        } catch (cause) {
          lose([memory(request.to)], cause);
        }
        return undefined;
      case "lose":
        lose(request.memories.map(memory), errorOf(request.fault));
        return undefined;
      case "load": {
        const { callee, code, shared } = request;
        const options = { engine: wasmEngine()!, threads: shared?.threads ?? 1 };
        const executable = new WasmExecutable(callee, code, options, shared && (async () => shared.code));
        programs.set(request.program, { executable, callee });
        return shared && executable.ready.catch(() => {});
      }
      case "run": {
        const { executable, callee } = programs.get(request.program)!;
        const storages = request.memories.map(memory);
        try {
          executable.run(storages, request.times);
        } catch (cause) {
          const written = storages.filter((_, place) => callee.arguments[place]!.access !== "read");
          lose(written, cause);
        }
        return undefined;
      }
      case "unload":
        programs.get(request.program)?.executable.unload();
        return undefined;
      case "read":
        read(request.memory, request.ticket);
        return undefined;
      case "forget":
        for (const id of request.memories) memories.delete(id);
        for (const id of request.programs) programs.delete(id);
        return undefined;
    }
  };

  const read = (id: number, ticket: number): void => {
    try {
      const bytes = memory(id).copied();
      answer({ ticket, bytes }, [bytes.buffer]);
    } catch (cause) {
      answer({ ticket, fault: faultOf(cause) }, []);
    }
  };

  const handleWaiting = async (first: Promise<unknown>): Promise<void> => {
    isWaiting = true;
    await first;
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) await handle(next);
    isWaiting = false;
  };

  return (request) => {
    if (isWaiting) {
      waiting.push(request);
      return;
    }
    const pause = handle(request);
    if (pause !== undefined) void handleWaiting(pause);
  };
}

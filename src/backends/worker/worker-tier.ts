import { finished } from "../../core/finished.ts";
import type { Program } from "../../ir/program.ts";
import type { WasmCode } from "../../targets/wasm/print.ts";
import { printingWasm } from "../../targets/wasm/print.ts";
import type { Tier, TierExecutable } from "../cpu/tier.ts";
import type { WasmTier } from "../cpu/wasm.ts";
import type { Callee } from "../cpu/wasm-executable.ts";
import type { Link } from "./link.ts";

/** Memory of a worker. */
export class WorkerMemory {
  readonly byteLength: number;
  readonly id: number;

  constructor(link: Link, byteLength: number) {
    this.byteLength = byteLength;
    this.id = link.number("memories", this);
  }
}

/** WebAssembly that is printed here and runs in a worker. */
export class WorkerTier implements Tier<WorkerMemory> {
  readonly name = "wasm";
  readonly #link: Link;
  readonly #wasm: WasmTier;

  constructor(link: Link, wasm: WasmTier) {
    this.#link = link;
    this.#wasm = wasm;
  }

  get target(): WasmTier["target"] {
    return this.#wasm.target;
  }
  get operationsPerCall(): number {
    return this.#wasm.operationsPerCall;
  }
  get identity(): string {
    return this.#wasm.identity;
  }

  compile(program: Program): WorkerExecutable {
    return finished(this.printing(program))();
  }

  *printing(program: Program): Generator<undefined, () => WorkerExecutable> {
    const code = yield* printingWasm(program, this.#wasm);
    return () => new WorkerExecutable(program, code, this.#wasm, this.#link);
  }
}

/** A program in a worker. It is ready as soon as the worker was given it: whatever it is asked later, it does later. */
class WorkerExecutable implements TierExecutable<WorkerMemory> {
  readonly ready: Promise<void>;
  readonly memoryBytes: number;
  isReady = false;
  readonly #id: number;
  readonly #link: Link;
  readonly #callee: Callee;
  readonly #code: WasmCode;

  constructor(program: Program, code: WasmCode, wasm: WasmTier, link: Link) {
    this.#link = link;
    this.#id = link.number("programs", this);
    this.#callee = calleeOf(program);
    this.#code = code;
    this.memoryBytes = this.#code.memoryPages * 65536;
    const { threads } = wasm;
    if (threads === 1) this.#load();
    this.ready = threads === 1 ? Promise.resolve() : wasm.sharedCode(program).then((code) => this.#load(code, threads));
  }

  finish(): boolean {
    this.#load();
    return true;
  }

  run(memories: readonly WorkerMemory[], times: number): void {
    this.#load();
    this.#link.post({ kind: "run", program: this.#id, memories: memories.map(({ id }) => id), times });
  }

  unload(): void {
    this.#link.post({ kind: "unload", program: this.#id });
  }

  abandon(): void {}

  #load(shared?: WasmCode, threads = 1): void {
    if (this.isReady) return;
    this.isReady = true;
    this.#link.post({
      kind: "load",
      program: this.#id,
      callee: this.#callee,
      code: this.#code,
      shared: shared && { code: shared, threads },
    });
  }
}

/** What calling it takes, without its kernels and its constants, which are in its code. */
const calleeOf = ({ name, buffers, arguments: given }: Program): Callee => ({
  name,
  arguments: given,
  buffers: buffers.map(({ dtype, length, place }) => ({
    dtype,
    length,
    place: place.kind === "constant" ? { kind: "temporary", offset: place.offset } : place,
  })),
});

import type { Target } from "../../compiler/target.ts";
import { bytesOf } from "../../core/dtype.ts";
import { GradsmithError } from "../../core/errors.ts";
import type { Program } from "../../ir/program.ts";
import { memoryImport } from "../../targets/wasm/encode.ts";
import { orderedFrom } from "../../targets/wasm/ordered-loop.ts";
import type { WasmCode } from "../../targets/wasm/print.ts";
import { printWasm } from "../../targets/wasm/print.ts";
import type { Backend, Executable } from "../backend.ts";
import type { Storage } from "../storage.ts";
import type { CompiledModule, WasmEngine, WasmMemory } from "./wasm-engine.ts";
import { wasmEngine } from "./wasm-engine.ts";
import { wasmFeatures } from "./wasm-features.ts";
import { WasmSlot } from "./wasm-slot.ts";

export interface WasmOptions {
  /** Fused multiply-add where the machine has it. Without, results are the same on all machines. Default: where available. */
  readonly relaxedSimd?: boolean;
  /** Threads for large kernels, where the environment has shared memory. Results don't depend on how many. Default: 1. */
  readonly threads?: number;
  /** How often a run looks for what workers haven't finished, before one of them counts as killed. */
  readonly patience?: number | undefined;
}

/** The WebAssembly tier of the cpu device. */
export const wasmBackend = (options: WasmOptions = {}): WasmBackend => new WasmBackend(options);

/** Programs as WebAssembly modules printed by `targets/wasm`, each in a memory of its own. */
export class WasmBackend implements Backend {
  readonly name = "wasm";
  readonly target: Target;
  readonly relaxedSimd: boolean;
  readonly threads: number;
  readonly patience: number | undefined;
  readonly engine: WasmEngine;

  constructor({ relaxedSimd, threads = 1, patience }: WasmOptions) {
    const engine = wasmEngine();
    const features = wasmFeatures();
    if (engine === undefined || !features.simd) {
      throw new GradsmithError(
        "device",
        "wasm",
        "this JavaScript engine has no WebAssembly SIMD.",
        "Use Node 20 or a browser from 2021 on.",
      );
    }
    if (relaxedSimd === true && !features.relaxedSimd) {
      throw new GradsmithError("device", "wasm", "this JavaScript engine has no relaxed SIMD.", "Leave out relaxedSimd: true.");
    }
    this.engine = engine;
    this.threads = threads;
    this.patience = patience;
    this.relaxedSimd = relaxedSimd ?? features.relaxedSimd;
    this.target = {
      limits: {
        lanes: 4,
        // Of 16, the engine keeps one to itself, and a product that isn't fused needs one.
        registers: this.relaxedSimd ? 15 : 14,
        orderedFrom,
        multipliesBlocks: false,
        doubleLanes: 1,
        outrunsMemory: false,
        cacheBytes: [32 * 1024, 512 * 1024],
        expandTranscendentals: true,
      },
    };
  }

  /** Equal where programs printed by one backend run on another. */
  get identity(): string {
    return `${this.relaxedSimd}`;
  }

  /** `code` is what the program was printed as before: its kernels aren't looked at. */
  compile(program: Program, code?: WasmCode): WasmExecutable {
    return new WasmExecutable(program, this, code);
  }
}

/** Modules up to this size are compiled at once; larger ones while the caller goes on. */
const smallBytes = 64 * 1024;
const mostPages = 65536;

interface Loaded {
  readonly run: (repeat: number, storages: readonly Storage[]) => void;
  readonly slots: readonly WasmSlot[];
}

export class WasmExecutable implements Executable {
  readonly ready: Promise<void>;
  readonly printed: WasmCode;
  readonly #program: Program;
  readonly #engine: WasmEngine;
  #loaded: Loaded | undefined;

  constructor(program: Program, options: WasmBackend, code: WasmCode = printWasm(program, options)) {
    this.#program = program;
    this.#engine = options.engine;
    this.printed = code;
    this.ready = this.#prepare(options);
    // Whoever never waits learns of a failure from `run`.
    this.ready.catch(() => {});
  }

  get memoryBytes(): number {
    return this.printed.memoryPages * 65536;
  }

  async #prepare(options: WasmBackend): Promise<void> {
    this.#checkSize();
    if (options.threads > 1) {
      // By itself, so that pages without threads don't load it.
      const { threaded } = await import("./wasm-threads.ts");
      const shared = await threaded(this.#program, options, (sharing) => printWasm(this.#program, { ...options, sharing }));
      const loaded = shared && this.#load(shared.module, shared.printed, shared.memory);
      this.#loaded ??= loaded && shared.guarded(loaded, (what, fix) => this.#lost(what, fix));
      if (this.#loaded !== undefined) return;
    }
    if (this.printed.bytes.length <= smallBytes && this.#compileNow()) return;
    const module = await this.#engine.compile(this.printed.bytes);
    this.#loaded ??= this.#load(module);
  }

  /** What is loaded can't be used any more. */
  #lost(what: string, fix: string): GradsmithError {
    this.#loaded = undefined;
    return new GradsmithError("device", "wasm", what, fix);
  }

  /** Compiles here and now; false where that is not allowed (large modules on a browser's main thread). */
  #compileNow(): boolean {
    let module: CompiledModule;
    try {
      module = new this.#engine.Module(this.printed.bytes);
    } catch (error) {
      if (error instanceof RangeError) return false;
      throw error;
    }
    this.#loaded = this.#load(module);
    return true;
  }

  #load(module: CompiledModule, { argumentOffsets, constants } = this.printed, memory = this.#allocate()): Loaded {
    for (const { offset, data } of constants) {
      new Uint8Array(memory.buffer, offset, data.byteLength).set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
    }
    const { exports } = new this.#engine.Instance(module, { [memoryImport.module]: { [memoryImport.name]: memory } });
    const slots = this.#program.arguments.map(({ buffer }, place) => {
      const { dtype, length } = this.#program.buffers[buffer]!;
      return new WasmSlot(new Uint8Array(memory.buffer, argumentOffsets[place]!, length * bytesOf(dtype)));
    });
    return { run: exports.run as Loaded["run"], slots };
  }

  #allocate(): WasmMemory {
    const { memoryPages } = this.printed;
    try {
      return new this.#engine.Memory({ initial: memoryPages, maximum: memoryPages });
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      throw new GradsmithError(
        "device",
        "wasm",
        `${this.#need()}, and the machine did not give it.`,
        "Use a smaller batch, or free memory.",
      );
    }
  }

  #checkSize(): void {
    if (this.printed.memoryPages <= mostPages) return;
    throw new GradsmithError("device", "wasm", `${this.#need()}, and WebAssembly has 4096.`, "Use a smaller batch, or the native tier.");
  }

  #need(): string {
    return `program ${this.#program.name} needs ${Math.ceil(this.printed.memoryPages / 16)} MiB`;
  }

  run(storages: readonly Storage[], repeat: number): void {
    if (repeat <= 0) return;
    const { run, slots } = this.#loaded ?? this.#loadNow();
    const uses = this.#program.arguments;
    this.#check(storages, slots);
    for (const [place, slot] of slots.entries()) slot.makeRoomFor(storages[place]!);
    for (const [place, slot] of slots.entries()) if (uses[place]!.access !== "write") slot.fill(storages[place]!);
    run(repeat, storages);
    for (const [place, slot] of slots.entries()) if (uses[place]!.access !== "read") slot.own(storages[place]!);
  }

  #loadNow(): Loaded {
    this.#checkSize();
    if (this.#compileNow()) return this.#loaded!;
    throw new GradsmithError(
      "device",
      "wasm",
      `program ${this.#program.name} is still being compiled.`,
      "Await its `ready` before running it here.",
    );
  }

  #check(storages: readonly Storage[], slots: readonly WasmSlot[]): void {
    const wrong = slots.findIndex((slot, place) => storages[place]?.byteLength !== slot.byteLength);
    if (wrong < 0 && storages.length === slots.length) return;
    throw new GradsmithError(
      "internal",
      "wasm",
      `program ${this.#program.name} was given storages that are not those it was compiled for.`,
    );
  }
}

import type { Target } from "../../compiler/target.ts";
import { bytesOf } from "../../core/dtype.ts";
import { GradsmithError } from "../../core/errors.ts";
import type { Program } from "../../ir/program.ts";
import { memoryImport } from "../../targets/wasm/encode.ts";
import { orderedFrom } from "../../targets/wasm/ordered-loop.ts";
import type { WasmCode } from "../../targets/wasm/print.ts";
import { printWasm } from "../../targets/wasm/print.ts";
import { countMemory, nextUse } from "./live-memories.ts";
import type { Storage } from "./storage.ts";
import type { Tier, TierExecutable } from "./tier.ts";
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
export const wasmTier = (options: WasmOptions = {}): WasmTier => new WasmTier(options);

/** Programs as WebAssembly modules printed by `targets/wasm`, each in a memory of its own. */
export class WasmTier implements Tier {
  readonly name = "wasm";
  readonly operationsPerCall = 4e8;
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
        doubleLanes: 1,
        cacheBytes: [32 * 1024, 512 * 1024],
        expandTranscendentals: true,
      },
      passes: {},
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

/** A program in a memory of its own. It may let go of that: then it is loaded again for the next run. */
class Loaded {
  readonly slots: readonly WasmSlot[];
  lastUsed = nextUse();
  #run: Run | undefined;
  readonly #forget: () => void;

  /** `isKept`: others work in the memory too. */
  constructor(run: Run, views: readonly Uint8Array[], isKept: boolean) {
    this.#run = run;
    // A slot whose storage has its newest bytes here keeps the memory, and so what counts it.
    this.slots = views.map((bytes) => new WasmSlot(bytes, this));
    this.#forget = isKept ? () => {} : countMemory(this);
    this.unload = isKept ? () => {} : this.unload.bind(this);
  }

  get isLive(): boolean {
    return this.#run !== undefined;
  }

  run(repeat: number, storages: readonly Storage[]): void {
    this.lastUsed = nextUse();
    this.#run!(repeat, storages);
  }

  /** What only this memory holds goes back to whom it belongs. */
  unload(): void {
    for (const slot of this.slots) slot.empty();
    this.#run = undefined;
    this.#forget();
  }
}
type Run = (repeat: number, storages: readonly Storage[]) => void;

export class WasmExecutable implements TierExecutable {
  readonly ready: Promise<void>;
  readonly printed: WasmCode;
  readonly #program: Program;
  readonly #engine: WasmEngine;
  #module: CompiledModule | undefined;
  #loaded: Loaded | undefined;

  constructor(program: Program, options: WasmTier, code: WasmCode = printWasm(program, options)) {
    this.#program = program;
    this.#engine = options.engine;
    this.printed = code;
    this.ready = this.#prepare(options);
    // Whoever never waits learns of a failure from `run`.
    this.ready.catch(() => {});
  }

  get isReady(): boolean {
    return this.#module !== undefined;
  }

  finish(): boolean {
    this.#checkSize();
    return this.isReady || this.#compileNow();
  }

  unload(): void {
    this.#loaded?.unload();
    this.#loaded = undefined;
  }

  abandon(): void {}

  get memoryBytes(): number {
    return this.printed.memoryPages * 65536;
  }

  async #prepare(options: WasmTier): Promise<void> {
    this.#checkSize();
    if (options.threads > 1) {
      // By itself, so that pages without threads don't load it.
      const { threaded } = await import("./wasm-threads.ts");
      const shared = await threaded(this.#program, options, (sharing) => printWasm(this.#program, { ...options, sharing }));
      if (shared !== undefined) {
        this.#module ??= shared.module;
        this.#loaded ??= this.#load(shared.module, shared.printed, shared.memory, (run) =>
          shared.guarded(run, (what, fix) => this.#lost(what, fix)),
        );
        return;
      }
    }
    if (this.printed.bytes.length > smallBytes || !this.#compileNow()) {
      const module = await this.#engine.compile(this.printed.bytes);
      this.#module ??= module;
    }
    this.#loaded ??= this.#load(this.#module!);
  }

  /** What is loaded can't be used any more. */
  #lost(what: string, fix: string): GradsmithError {
    this.#loaded = undefined;
    this.#module = undefined;
    return new GradsmithError("device", "wasm", what, fix);
  }

  /** Compiles here and now; false where that is not allowed (large modules on a browser's main thread). */
  #compileNow(): boolean {
    try {
      this.#module = new this.#engine.Module(this.printed.bytes);
      return true;
    } catch (error) {
      if (error instanceof RangeError) return false;
      throw error;
    }
  }

  #load(
    module: CompiledModule,
    { argumentOffsets, constants } = this.printed,
    memory = this.#allocate(),
    guarded?: (run: Run) => Run,
  ): Loaded {
    for (const { offset, data } of constants) {
      new Uint8Array(memory.buffer, offset, data.byteLength).set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
    }
    const { exports } = new this.#engine.Instance(module, { [memoryImport.module]: { [memoryImport.name]: memory } });
    const views = this.#program.arguments.map(({ buffer }, place) => {
      const { dtype, length } = this.#program.buffers[buffer]!;
      return new Uint8Array(memory.buffer, argumentOffsets[place]!, length * bytesOf(dtype));
    });
    const run = exports.run as Run;
    return guarded === undefined ? new Loaded(run, views, false) : new Loaded(guarded(run), views, true);
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
    const loaded = this.#loaded?.isLive === true ? this.#loaded : this.#loadNow();
    const { slots } = loaded;
    const uses = this.#program.arguments;
    this.#check(storages, slots);
    for (const [place, slot] of slots.entries()) slot.makeRoomFor(storages[place]!);
    for (const [place, slot] of slots.entries()) if (uses[place]!.access !== "write") slot.fill(storages[place]!);
    loaded.run(repeat, storages);
    for (const [place, slot] of slots.entries()) if (uses[place]!.access !== "read") slot.own(storages[place]!);
  }

  #loadNow(): Loaded {
    if (!this.finish()) {
      throw new GradsmithError(
        "device",
        "wasm",
        `program ${this.#program.name} is still being compiled.`,
        "Await its `ready` before running it here.",
      );
    }
    this.#loaded = this.#load(this.#module!);
    return this.#loaded;
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

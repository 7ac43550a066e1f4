import { bytesOf } from "../../core/dtype.ts";
import { GradsmithError } from "../../core/errors.ts";
import type { Program } from "../../ir/program.ts";
import { memoryImport } from "../../targets/wasm/encode.ts";
import type { WasmCode } from "../../targets/wasm/print.ts";
import { countMemory, nextUse } from "./live-memories.ts";
import type { Storage } from "./storage.ts";
import type { TierExecutable } from "./tier.ts";
import type { CompiledModule, WasmEngine, WasmMemory } from "./wasm-engine.ts";
import { WasmSlot } from "./wasm-slot.ts";

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

/** What a program is called with. */
export type Callee = Pick<Program, "name" | "buffers" | "arguments">;

export interface WasmExecutableOptions {
  readonly engine: WasmEngine;
  readonly threads: number;
}

/** A printed program made ready to run. */
export class WasmExecutable implements TierExecutable {
  readonly ready: Promise<void>;
  readonly printed: WasmCode;
  readonly #program: Callee;
  readonly #engine: WasmEngine;
  #module: CompiledModule | undefined;
  #loaded: Loaded | undefined;

  /** `shared` gives the program printed for several threads, if it is to be. */
  constructor(program: Callee, code: WasmCode, options: WasmExecutableOptions, shared?: () => Promise<WasmCode | undefined>) {
    this.#program = program;
    this.#engine = options.engine;
    this.printed = code;
    this.ready = this.#prepare(options, shared);
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

  async #prepare(options: WasmExecutableOptions, shared?: () => Promise<WasmCode | undefined>): Promise<void> {
    this.#checkSize();
    const code = await shared?.();
    if (code !== undefined) {
      const { threaded } = await import("./wasm-threads.ts");
      const there = await threaded(this.#program, code, options);
      if (there !== undefined) {
        this.#module ??= there.module;
        this.#loaded ??= this.#load(there.module, code, there.memory, (run) => there.guarded(run, (what, fix) => this.#lost(what, fix)));
        return;
      }
    }
    if (this.printed.bytes.length > smallBytes || !this.#compileNow()) {
      const module = await this.#engine.compile(this.printed.bytes).catch((cause: unknown) => {
        throw inWords(cause);
      });
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
      throw inWords(error);
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

/** An error of an engine: a page's policy has one that says what to do. */
const inWords = (cause: unknown): unknown =>
  /content security policy|unsafe-eval|\bcsp\b/i.test(String(cause))
    ? new GradsmithError(
        "device",
        "wasm",
        "the page's Content-Security-Policy forbids WebAssembly.",
        "Add 'wasm-unsafe-eval' to its script-src.",
      )
    : cause;

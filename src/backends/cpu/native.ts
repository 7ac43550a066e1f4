import { availableParallelism } from "node:os";
import type { Target } from "../../compiler/target.ts";
import { positiveInteger } from "../../core/checks.ts";
import { bytesOf } from "../../core/dtype.ts";
import { GradsmithError } from "../../core/errors.ts";
import { finished } from "../../core/finished.ts";
import type { Program } from "../../ir/program.ts";
import { isThreaded, printSource } from "../../targets/c/print.ts";
import { printRuntime } from "../../targets/c/runtime.ts";
import { codeCache } from "./cache.ts";
import { secondsWished } from "./compiler-process.ts";
import type { BuildOptions, Built } from "./native-build.ts";
import { build, built } from "./native-build.ts";
import { nativeTarget } from "./native-target.ts";
import { alignBy, alignment, Storage } from "./storage.ts";
import type { Tier, TierExecutable } from "./tier.ts";
import type { Toolchain } from "./toolchain.ts";
import { findToolchain } from "./toolchain.ts";

export interface NativeOptions {
  /** How many cores a large kernel may use; all of them unless `GRADSMITH_THREADS` says otherwise. Results don't depend on it. */
  readonly threads?: number;
  /** Told once for each program whose compilation takes longer than half a second. */
  readonly onSlowCompile?: (program: string, elapsedMs: number) => void;
}

/** Whether programs can be compiled to native code here, by what, and if not, why. */
export function nativeAvailability(): { available: boolean; reason: string; compiler?: string; lanes?: number } {
  const toolchain = findToolchain();
  if (!toolchain.available) return toolchain;
  const { command, version, features } = toolchain.found;
  return { available: true, reason: `${command.join(" ")} works`, compiler: version, lanes: features.lanes };
}

/** The native tier of the cpu device. Throws where `nativeAvailability` says there is none. */
export function nativeTier(options: NativeOptions = {}): NativeTier {
  return new NativeTier(options);
}

/** Prints programs as C, has the machine's own compiler make addons of them, and calls those. */
export class NativeTier implements Tier {
  readonly name = "native";
  readonly operationsPerCall = 1e9;
  readonly target: Target;
  readonly threads: number;
  readonly #toolchain: Toolchain;
  readonly #onSlow: NativeOptions["onSlowCompile"];
  readonly #compilerSeconds = secondsWished();

  constructor({ threads, onSlowCompile }: NativeOptions = {}) {
    const toolchain = findToolchain();
    if (!toolchain.available)
      throw new GradsmithError("device", "native", `${toolchain.reason}.`, "Until then programs run as WebAssembly.");
    this.#toolchain = toolchain.found;
    this.target = nativeTarget(toolchain.found.features);
    this.threads = threads === undefined ? threadsWished() : positiveInteger("native", "threads", threads);
    this.#onSlow = onSlowCompile;
  }

  /** Equal where programs compiled by one backend run on another. */
  get identity(): string {
    return this.#toolchain.identity;
  }

  compile(program: Program): NativeExecutable {
    return finished(this.printing(program))();
  }

  *printing(program: Program): Generator<undefined, () => NativeExecutable> {
    const source = printSource(program);
    yield;
    return () => {
      const options = this.#buildOptions(program);
      const code = build<ProgramAddon>(source, options);
      return this.#executable(program, { object: code.key, isThreaded: program.kernels.some(isThreaded) }, code, options);
    };
  }

  /** A program compiled before, if its code is still there. Its kernels aren't looked at. */
  recall(program: Program, code: NativeCode): NativeExecutable | undefined {
    const options = this.#buildOptions(program);
    const found = built<ProgramAddon>(code.object, options);
    return found === undefined ? undefined : this.#executable(program, code, found, options);
  }

  #buildOptions({ name }: Program): BuildOptions {
    return { name, toolchain: this.#toolchain, cache: codeCache(), onSlow: this.#onSlow, seconds: this.#compilerSeconds };
  }

  #executable(program: Program, code: NativeCode, found: Built<ProgramAddon>, options: BuildOptions): NativeExecutable {
    const threads = code.isThreaded ? this.threads : 1;
    const pool =
      threads > 1 ? build<PoolAddon>({ text: printRuntime() }, { ...options, name: "the thread pool", onSlow: undefined }) : undefined;
    return new NativeExecutable(program, { code, found, pool, threads });
  }
}

function threadsWished(): number {
  const text = process.env.GRADSMITH_THREADS;
  return text === undefined || text === "" ? availableParallelism() : positiveInteger("native", "GRADSMITH_THREADS", Number(text));
}

interface ProgramAddon {
  run(addresses: Float64Array, repeat: number): void;
  address(bytes: Uint8Array): number;
  /** Says that the bytes are new memory nobody has touched. */
  fresh(bytes: Uint8Array): void;
}
interface PoolAddon {
  /** Makes sure of so many threads and gives the address of the function that divides work among them. */
  start(threads: number): number;
}

/** How a program's code is found again. */
export interface NativeCode {
  readonly object: string;
  /** Whether any of its kernels is divided among threads. */
  readonly isThreaded: boolean;
}

interface NativeParts {
  readonly code: NativeCode;
  readonly found: Built<ProgramAddon>;
  readonly pool: Built<PoolAddon> | undefined;
  readonly threads: number;
}

export class NativeExecutable implements TierExecutable {
  readonly ready: Promise<void>;
  readonly code: NativeCode;
  readonly #program: Program;
  readonly #threads: number;
  readonly #build: Built<ProgramAddon>;
  readonly #pool: Built<PoolAddon> | undefined;
  readonly #argumentBytes: readonly number[];
  /** The pool's function, the number of threads, the arena, the arguments. */
  readonly #handed: Float64Array;
  #addon: ProgramAddon | undefined;
  #arena: Storage | undefined;

  constructor(program: Program, { code, found, pool, threads }: NativeParts) {
    this.code = code;
    this.#program = program;
    this.#threads = threads;
    this.#build = found;
    this.#pool = pool;
    this.#argumentBytes = program.arguments.map(({ buffer }) => program.buffers[buffer]!.length * bytesOf(program.buffers[buffer]!.dtype));
    this.#handed = new Float64Array(3 + program.arguments.length);
    this.ready = Promise.all([this.#build.ready, this.#pool?.ready.catch(() => undefined)]).then(() => void this.#load());
    this.ready.catch(() => {});
  }

  get isReady(): boolean {
    return this.#addon !== undefined;
  }

  finish(): boolean {
    this.#load();
    return true;
  }

  get memoryBytes(): number {
    return this.#program.arenaBytes;
  }

  unload(): void {
    this.#arena = undefined;
  }

  abandon(): void {
    this.#build.abandon();
    this.#pool?.abandon();
  }

  run(storages: readonly Storage[], repeat: number): void {
    const addon = this.#load();
    const handed = this.#handed;
    if (storages.length !== this.#argumentBytes.length) {
      throw new GradsmithError("internal", this.#program.name, `takes ${this.#argumentBytes.length} arguments, got ${storages.length}.`);
    }
    if (this.#arena === undefined) this.#takeArena(addon);
    for (let i = 0; i < storages.length; i++) handed[3 + i] = this.#addressOf(addon, storages[i]!, i);
    addon.run(handed, repeat);
  }

  #addressOf(addon: ProgramAddon, storage: Storage, place: number): number {
    const needed = this.#argumentBytes[place]!;
    // Asking for the bytes also brings them home from wherever they were computed last.
    const bytes = this.#program.arguments[place]!.access === "write" ? storage.overwritten() : storage.bytes;
    if (bytes.byteLength < needed) {
      throw new GradsmithError(
        "internal",
        this.#program.name,
        `needs ${needed} bytes for an argument, got ${bytes.byteLength}.`,
        "Was its ArrayBuffer transferred to a worker?",
      );
    }
    if (storage.address !== undefined) return storage.address;
    const placed = wellPlaced(bytes, addon.address(bytes));
    if (placed !== bytes) storage.relocate(placed);
    storage.address = addon.address(placed);
    return storage.address;
  }

  #load(): ProgramAddon {
    if (this.#addon !== undefined) return this.#addon;
    const addon = this.#build.finish();
    alignBy((buffer) => addon.address(new Uint8Array(buffer)));
    this.#handed[0] = this.#startPool();
    this.#handed[1] = this.#threads;
    this.#takeArena(addon);
    this.#addon = addon;
    return addon;
  }

  #takeArena(addon: ProgramAddon): void {
    this.#arena = arenaOf(this.#program, addon);
    this.#handed[2] = addon.address(this.#arena.bytes);
  }

  /** Without a pool the program works on one thread. */
  #startPool(): number {
    try {
      return this.#pool?.finish().start(this.#threads) ?? 0;
    } catch {
      return 0;
    }
  }
}

/** Arrays taken over from JavaScript stay where they are from this size on, if they can. */
const largeBytes = 2 ** 24;
/** No page of memory is smaller: what is read in the same page as a byte of ours can't be out of bounds. */
const pageBytes = 4096;

/** The same bytes at an aligned address and with slack behind them: where they are, else within their buffer, else in another one. */
function wellPlaced(bytes: Uint8Array, address: number): Uint8Array {
  const { buffer, byteOffset, byteLength } = bytes;
  const forward = (alignment - (address % alignment)) % alignment;
  const hasRoom = byteOffset + forward + byteLength + alignment <= buffer.byteLength;
  if (hasRoom) {
    if (forward === 0) return bytes;
    new Uint8Array(buffer).copyWithin(byteOffset + forward, byteOffset, byteOffset + byteLength);
    return new Uint8Array(buffer, byteOffset + forward, byteLength);
  }
  const hasSlack = (address + byteLength - 1) % pageBytes < pageBytes - alignment;
  if (hasSlack && byteLength >= largeBytes) return bytes;
  const { bytes: copy } = new Storage(byteLength);
  copy.set(bytes);
  return copy;
}

function arenaOf({ name, buffers, arenaBytes }: Program, addon: ProgramAddon): Storage {
  const arena = new Storage(arenaBytes);
  const { bytes } = arena;
  addon.fresh(bytes);
  for (const { place, dtype, length } of buffers) {
    if (place.kind !== "constant") continue;
    const { data, offset } = place;
    if (data.byteLength !== length * bytesOf(dtype)) {
      throw new GradsmithError("internal", name, `a constant of ${length} ${dtype} has ${data.byteLength} bytes.`);
    }
    bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), offset);
  }
  return arena;
}

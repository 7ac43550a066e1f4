import type { Traced } from "../../compiler/compile.ts";
import type { Backend, DeviceDescription, LoadOptions } from "../backend.ts";
import type { DeviceSettings } from "../settings.ts";
import type { Means, NativePart } from "./choose-tier.ts";
import { loadingOn, replacement } from "./choose-tier.ts";
import { CpuExecutable } from "./cpu-executable.ts";
import type { Loader } from "./loading.ts";
import { compiledFor } from "./loading.ts";
import { Queue } from "./queue.ts";
import { nowhere, Storage } from "./storage.ts";
import { wasmFeatures } from "./wasm-features.ts";
import { wasmThreads } from "./wasm-settings.ts";

/** What an environment brings besides WebAssembly. */
export interface CpuParts {
  /** Programs as C. */
  readonly native?: NativePart;
  /** Finds what was made of programs before. */
  readonly loader?: Loader;
}

/**
 * The processor: WebAssembly everywhere, C where an environment brings it. Its memory is JavaScript's own. What is ready runs as soon as it is
 * queued; while a program is being compiled, its runs wait, and so does what comes after them.
 */
export class CpuBackend implements Backend {
  readonly name = "cpu";
  readonly #means: Means;
  readonly #queue = new Queue();

  constructor({ native, loader = compiledFor }: CpuParts = {}) {
    this.#means = { native, loader, failure: undefined };
  }

  allocate(byteLength: number): Storage {
    return new Storage(byteLength);
  }

  adopt(bytes: Uint8Array): Storage {
    return new Storage(bytes.byteLength, bytes);
  }

  write(storage: Storage, bytes: Uint8Array | Promise<Uint8Array>): void {
    let come = bytes instanceof Uint8Array ? bytes : undefined;
    const ready = Promise.resolve(bytes).then((value) => {
      come = value;
    });
    // Whoever reads is told.
    let cause: unknown;
    ready.catch((error: unknown) => {
      cause = error;
    });
    this.#queue.add({
      isReady: () => come !== undefined,
      ready,
      finish: () => come !== undefined || cause !== undefined,
      run: () => {
        if (come === undefined) throw cause;
        storage.bytes.set(come);
      },
      writes: [storage],
      fail: (error) => storage.moveTo(nowhere(error)),
    });
  }

  copy(storage: Storage): Storage {
    const twin = new Storage(storage.byteLength);
    this.#soon(
      [twin],
      () => storage.copyTo(twin.bytes),
      (cause) => twin.moveTo(nowhere(cause)),
    );
    return twin;
  }

  load(traced: Traced, options: LoadOptions): CpuExecutable {
    const making = {
      loading: loadingOn(this.#means, traced, options),
      replacement: (failed: { readonly tier: Parameters<typeof replacement>[3] }, cause: unknown) =>
        replacement(this.#means, traced, options.settings, failed.tier, cause),
    };
    return new CpuExecutable(traced, making, options.isSeldom === true);
  }

  enqueue(executable: CpuExecutable, storages: readonly Storage[], times: number): void {
    if (times <= 0) return;
    // Nearly always.
    if (this.#queue.isIdle && executable.isReady()) {
      try {
        executable.run(storages, times);
      } catch (cause) {
        lose(executable.results(storages), cause);
        throw cause;
      }
      return;
    }
    const { isReady, ready, finish } = executable;
    this.#queue.add({
      isReady,
      ready,
      finish,
      run: () => executable.run(storages, times),
      writes: executable.written(storages),
      // Nobody else learns that a state was not updated.
      fail: (cause) => lose(executable.written(storages), cause),
    });
  }

  async read(storage: Storage): Promise<Uint8Array> {
    // What waits for a compiler keeps nobody from numbers that it doesn't change.
    if (this.#queue.isIdle || !this.#queue.willWrite(storage)) return bytesIn(storage);
    // Whoever waits for numbers keeps the process alive, also where a compiler was abandoned.
    const alive = setInterval(() => {}, 2 ** 30);
    try {
      return await new Promise<Uint8Array>((resolve, reject) => {
        this.#soon([], () => resolve(bytesIn(storage)), reject);
      });
    } finally {
      clearInterval(alive);
    }
  }

  #soon(writes: readonly Storage[], run: () => void, fail: (cause: unknown) => void): void {
    this.#queue.add({ isReady: () => true, ready: Promise.resolve(), finish: () => true, run, writes, fail });
  }

  describe(settings: DeviceSettings): DeviceDescription {
    const { tier } = settings;
    const { native, failure } = this.#means;
    const simd = `WebAssembly SIMD${wasmFeatures().relaxedSimd && settings.relaxedSimd ? " with fused multiply-add" : ""}`;
    const on = (name: string, threads: number, text: string): DeviceDescription => {
      return { device: "cpu", tier: name, threads, lines: [`device cpu, tier ${name}: ${text}`] };
    };
    if (tier === "wasm") {
      const threads = wasmThreads(settings);
      return on("wasm", threads, `${simd}${threads > 1 ? `, large kernels on ${threads} threads` : ""} (asked for)`);
    }
    const { available, reason } = native?.availability() ?? { available: false, reason: "a browser has no C compiler" };
    if (!available && tier === "native" && failure === undefined) return on("native", 1, `asked for, but not to be had (${reason})`);
    if (!available || failure !== undefined) return on("wasm", 1, `${simd} (${failure ?? reason})`);
    const { text, threads } = native!.describe(settings);
    const why = tier === "native" ? "asked for" : `programs that outweigh a compiler's time; smaller ones run as ${simd}`;
    return on("native", threads, `${text} (${why})`);
  }
}

/** Has whoever reads these told why nothing is there. */
function lose(storages: readonly Storage[], cause: unknown): void {
  for (const storage of storages) storage.moveTo(nowhere(cause));
}

function bytesIn(storage: Storage): Uint8Array {
  const bytes = new Uint8Array(storage.byteLength);
  storage.copyTo(bytes);
  return bytes;
}

import type { Traced } from "../../compiler/compile.ts";
import type { DeviceDescription, LoadOptions } from "../backend.ts";
import { InOrderBackend } from "../in-order-backend.ts";
import type { DeviceSettings } from "../settings.ts";
import type { Means, NativePart } from "./choose-tier.ts";
import { loadingOn, replacement } from "./choose-tier.ts";
import type { Making } from "./cpu-executable.ts";
import { CpuExecutable } from "./cpu-executable.ts";
import type { Loader } from "./loading.ts";
import { compiledFor } from "./loading.ts";
import { lose, Storage } from "./storage.ts";
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
export class CpuBackend extends InOrderBackend<Storage> {
  readonly name = "cpu";
  readonly #means: Means;

  constructor({ native, loader = compiledFor }: CpuParts = {}) {
    super();
    this.#means = { native, loader, failure: undefined };
  }

  allocate(byteLength: number): Storage {
    return new Storage(byteLength);
  }

  adopt(bytes: Uint8Array): Storage {
    return new Storage(bytes.byteLength, bytes);
  }

  protected fill(storage: Storage, bytes: Uint8Array): void {
    storage.bytes.set(bytes);
  }

  protected copyInto(from: Storage, to: Storage): void {
    from.copyTo(to.bytes);
  }

  protected bytesIn(storage: Storage): Uint8Array {
    return storage.copied();
  }

  peek(storage: Storage): Uint8Array | undefined {
    return this.isSettled(storage) ? this.bytesIn(storage) : undefined;
  }

  protected lose(storages: readonly Storage[], cause: unknown): void {
    lose(storages, cause);
  }

  load(traced: Traced, options: LoadOptions): CpuExecutable {
    const making: Making<Storage> = {
      loading: loadingOn(this.#means, traced, options),
      replacement: ({ tier }, cause) => replacement(this.#means, traced, options.settings, tier, cause),
      copyInto: this.copyInto,
    };
    return new CpuExecutable(traced, making, options.isSeldom === true);
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

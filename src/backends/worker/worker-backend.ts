import type { Traced } from "../../compiler/compile.ts";
import type { DeviceDescription, LoadOptions } from "../backend.ts";
import { CpuExecutable } from "../cpu/cpu-executable.ts";
import { compiledFor } from "../cpu/loading.ts";
import { wasmFeatures } from "../cpu/wasm-features.ts";
import { wasmThreads, wasmTierFor } from "../cpu/wasm-settings.ts";
import { InOrderBackend } from "../in-order-backend.ts";
import type { DeviceSettings } from "../settings.ts";
import { Link } from "./link.ts";
import { faultOf } from "./messages.ts";
import { WorkerMemory, WorkerTier } from "./worker-tier.ts";

/** The processor beside the page: programs are traced and printed here, and run in a worker, so that nothing that is shown waits for them. */
export class WorkerBackend extends InOrderBackend<WorkerMemory> {
  readonly name = "worker";
  readonly #link = new Link();

  allocate(byteLength: number): WorkerMemory {
    const memory = new WorkerMemory(this.#link, byteLength);
    this.#link.post({ kind: "allocate", memory: memory.id, byteLength });
    return memory;
  }

  adopt(bytes: Uint8Array): WorkerMemory {
    const memory = new WorkerMemory(this.#link, bytes.byteLength);
    this.fill(memory, bytes);
    return memory;
  }

  load(traced: Traced, { settings, isSeldom = false }: LoadOptions): CpuExecutable<WorkerMemory> {
    const tier = new WorkerTier(this.#link, wasmTierFor(settings));
    const making = {
      loading: compiledFor(tier, traced, "asked for"),
      replacement(_: unknown, cause: unknown): never {
        throw cause;
      },
      copyInto: (from: WorkerMemory, to: WorkerMemory) => this.copyInto(from, to),
    };
    return new CpuExecutable(traced, making, isSeldom);
  }

  describe(settings: DeviceSettings): DeviceDescription {
    const threads = wasmThreads(settings);
    const fused = wasmFeatures().relaxedSimd && settings.relaxedSimd ? " with fused multiply-add" : "";
    const shared = threads > 1 ? `, large kernels on ${threads} threads` : "";
    return { device: "worker", tier: "wasm", threads, lines: [`device worker, tier wasm: WebAssembly SIMD${fused} in a worker${shared}`] };
  }

  protected fill({ id }: WorkerMemory, bytes: Uint8Array): void {
    // A view takes all of its buffer along.
    const isWhole = bytes.buffer.byteLength <= bytes.byteLength + mostRoom;
    this.#link.post({ kind: "fill", memory: id, bytes: isWhole ? bytes : bytes.slice() });
  }

  protected copyInto(from: WorkerMemory, to: WorkerMemory): void {
    this.#link.post({ kind: "copy", from: from.id, to: to.id });
  }

  protected bytesIn({ id }: WorkerMemory): Promise<Uint8Array> {
    return this.#link.read(id);
  }

  protected lose(memories: readonly WorkerMemory[], cause: unknown): void {
    this.#link.post({ kind: "lose", memories: memories.map(({ id }) => id), fault: faultOf(cause) });
  }
}

/** So many bytes around numbers are sent with them sooner than they are copied. */
const mostRoom = 256;

import type { Backend, DeviceDescription, Executable, LoadOptions, Memory } from "../../src/backends/backend.ts";
import type { DeviceSettings } from "../../src/backends/settings.ts";
import type { Traced } from "../../src/compiler/compile.ts";

/** Memory nobody can look into: where it is behind this backend comes later. */
class QueuedMemory implements Memory {
  readonly byteLength: number;
  constructor(byteLength: number) {
    this.byteLength = byteLength;
  }
}

/**
 * A device far away: another one, reached through a queue that does nothing before the event loop has turned. No result is there when a call
 * returns, as on a GPU.
 */
export class QueuedBackend implements Backend {
  readonly name = "queued";
  readonly #inner: Backend;
  readonly #places = new WeakMap<Memory, Memory>();
  #last: Promise<unknown> = Promise.resolve();
  /** Work that was given and isn't done. */
  open = 0;
  /** The most there ever was. */
  mostOpen = 0;

  constructor(inner: Backend) {
    this.#inner = inner;
  }

  #later<T>(work: () => T | Promise<T>): Promise<T> {
    this.open++;
    this.mostOpen = Math.max(this.mostOpen, this.open);
    const done = this.#last
      .then(() => new Promise((resolve) => setImmediate(resolve)))
      .then(work)
      .finally(() => this.open--);
    this.#last = done.catch(() => {});
    return done;
  }

  #new(byteLength: number, make: () => Memory): Memory {
    const memory = new QueuedMemory(byteLength);
    void this.#later(() => void this.#places.set(memory, make()));
    return memory;
  }

  readonly #placeOf = (memory: Memory): Memory => {
    const place = this.#places.get(memory);
    if (place === undefined) throw new Error("this memory is another device's");
    return place;
  };

  allocate(byteLength: number): Memory {
    return this.#new(byteLength, () => this.#inner.allocate(byteLength));
  }

  adopt(bytes: Uint8Array): Memory {
    return this.#new(bytes.byteLength, () => this.#inner.adopt(bytes));
  }

  write(memory: Memory, bytes: Uint8Array | Promise<Uint8Array>): void {
    const held = bytes instanceof Uint8Array ? bytes.slice() : bytes;
    // Whoever reads is told.
    if (held instanceof Promise) held.catch(() => {});
    void this.#later(() => this.#inner.write(this.#placeOf(memory), held));
  }

  copy(memory: Memory): Memory {
    return this.#new(memory.byteLength, () => this.#inner.copy(this.#placeOf(memory)));
  }

  load(traced: Traced, options: LoadOptions): Executable {
    return this.#inner.load(traced, options);
  }

  enqueue(executable: Executable, memories: readonly Memory[], times: number): void {
    const given = [...memories];
    void this.#later(() => this.#inner.enqueue(executable, given.map(this.#placeOf), times));
  }

  read(memory: Memory): Promise<Uint8Array> {
    return this.#later(() => this.#inner.read(this.#placeOf(memory)));
  }

  describe(settings: DeviceSettings): DeviceDescription {
    return { ...this.#inner.describe(settings), device: this.name };
  }
}

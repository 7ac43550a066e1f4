import type { Home, Storage } from "../storage.ts";

/** The place of one argument in an executable's memory. It remembers whose bytes it holds. */
export class WasmSlot implements Home {
  readonly #bytes: Uint8Array;
  /** Weak, so that a program that is kept does not keep the tensors it once ran on. */
  #storage: WeakRef<Storage> | undefined;
  #version = -1;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get byteLength(): number {
    return this.#bytes.byteLength;
  }

  copyTo(target: Uint8Array): void {
    target.set(this.#bytes);
  }

  /** Makes room for another storage: the newest bytes of the one before, if they are only here, go back to it. */
  makeRoomFor(storage: Storage): void {
    const before = this.#storage?.deref();
    if (before !== undefined && before !== storage && before.home === this) before.settle();
  }

  /** Brings in a storage's newest bytes, unless they are here. */
  fill(storage: Storage): void {
    if (this.#storage?.deref() === storage && this.#version === storage.version) return;
    storage.copyTo(this.#bytes);
    storage.keepIn(this);
    this.#remember(storage);
  }

  /** The program has written this storage's newest bytes here. */
  own(storage: Storage): void {
    storage.moveTo(this);
    this.#remember(storage);
  }

  #remember(storage: Storage): void {
    if (this.#storage?.deref() !== storage) this.#storage = new WeakRef(storage);
    this.#version = storage.version;
  }
}

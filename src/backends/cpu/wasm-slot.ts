import type { Home, Storage } from "./storage.ts";

/**
 * The place of one argument in an executable's memory. It remembers which bytes it holds by their version, and holds on to a storage only while
 * that has no bytes of its own. (A WeakRef would keep every storage it ever saw until the event loop turns, which a loop that only awaits
 * never lets it do.)
 */
export class WasmSlot implements Home {
  readonly #bytes: Uint8Array;
  /** Whose newest bytes are only here. */
  #guest: Storage | undefined;
  #version = -1;
  /** Lives as long as this does. */
  readonly owner: object | undefined;

  constructor(bytes: Uint8Array, owner?: object) {
    this.#bytes = bytes;
    this.owner = owner;
  }

  get byteLength(): number {
    return this.#bytes.byteLength;
  }

  copyTo(target: Uint8Array): void {
    target.set(this.#bytes);
  }

  release(storage: Storage): void {
    if (this.#guest === storage) this.#guest = undefined;
  }

  /** Makes room for another storage: the newest bytes of the one before, if they are only here, go back to it. */
  makeRoomFor(storage: Storage): void {
    if (this.#guest !== storage) this.empty();
  }

  /** The newest bytes of a storage, if they are only here, go back to it. */
  empty(): void {
    if (this.#guest?.home === this) this.#guest.settle();
    this.#guest = undefined;
  }

  /** Brings in a storage's newest bytes, unless they are here. */
  fill(storage: Storage): void {
    if (this.#version === storage.version) return;
    storage.enter(this, this.#bytes);
    this.#remember(storage);
  }

  /** The program has written this storage's newest bytes here. */
  own(storage: Storage): void {
    storage.moveTo(this);
    this.#remember(storage);
  }

  #remember(storage: Storage): void {
    if (storage.home === this) this.#guest = storage;
    this.#version = storage.version;
  }
}

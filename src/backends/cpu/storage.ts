import { encoded } from "../../core/encoding.ts";
import { moveBytes, plainBytes, roomyBytes } from "../../core/memory.ts";
import type { TensorType } from "../../core/shape.ts";

/** Programs want a buffer's start at a multiple of this many bytes (1.7 times faster than elsewhere), and as many bytes of slack behind it. */
export const alignment = 64;

/** Bytes that an executable keeps the newest copy of, in memory of its own. */
export interface Home {
  /** Copies the newest bytes to `target`. */
  copyTo(target: Uint8Array): void;
  /** The storage has newest bytes of its own again. */
  release(storage: Storage): void;
}

/** The home of bytes that were lost: whoever asks for them is told why. */
export const nowhere = (error: unknown): Home => ({
  copyTo() {
    throw error;
  },
  release() {},
});

/** Has whoever reads these told why nothing is there. */
export function lose(storages: readonly Storage[], cause: unknown): void {
  for (const storage of storages) storage.moveTo(nowhere(cause));
}

/** Changes of contents so far, of all storages: no two contents have the same number. */
let versions = 0;

/** Storages of so many bytes are never held twice: what has a home is kept only there. */
const large = 2 ** 20;

/**
 * The memory behind a tensor: ordinary garbage-collected bytes, so nobody ever frees one. An executable with memory of its own (WebAssembly)
 * may hold the newest copy (`home`); it comes back when someone asks for `bytes`.
 */
export class Storage {
  readonly byteLength: number;
  /** Where the native tier found the bytes, until they are at another place. */
  address: number | undefined;
  #bytes: Uint8Array | undefined;
  #home: Home | undefined;
  #version = versions++;
  /** Whether `#bytes` are as new as those in `#home`. */
  #settled = true;

  constructor(byteLength: number, bytes?: Uint8Array) {
    this.byteLength = byteLength;
    this.#bytes = bytes;
  }

  get home(): Home | undefined {
    return this.#home;
  }

  /** Another number whenever the contents may have changed, and for every storage: whoever keeps a copy compares. */
  get version(): number {
    return this.#version;
  }

  /** The newest bytes. Writing to them is allowed until the next run that is given this storage. */
  get bytes(): Uint8Array {
    const bytes = this.peek();
    this.#home = undefined;
    this.#version = versions++;
    return bytes;
  }

  /** The newest bytes, only to be read, and only until the next run. Copies elsewhere stay valid. */
  peek(): Uint8Array {
    this.#bytes ??= allocate(this.byteLength);
    if (!this.#settled) {
      this.#home?.copyTo(this.#bytes);
      this.#settled = true;
      this.#home?.release(this);
    }
    return this.#bytes;
  }

  /** Room for bytes that will all be written: what it held, here or elsewhere, is gone. */
  overwritten(): Uint8Array {
    this.#home?.release(this);
    this.#home = undefined;
    this.#settled = true;
    return this.bytes;
  }

  /** Copies the newest bytes to `target`. */
  copyTo(target: Uint8Array): void {
    if (this.#settled || this.#home === undefined) target.set(this.peek());
    else this.#home.copyTo(target);
  }

  /** A copy of the newest bytes. */
  copied(): Uint8Array<ArrayBuffer> {
    const bytes = plainBytes(this.byteLength);
    this.copyTo(bytes);
    return bytes;
  }

  /** From now on the newest copy is elsewhere. */
  moveTo(home: Home): void {
    this.#version = versions++;
    this.#home = home;
    this.#settled = false;
    if (this.byteLength < large) return;
    this.#bytes = undefined;
    this.address = undefined;
  }

  /** Copies the newest bytes to `target`, their place in `home`; a large storage's are kept only there. */
  enter(home: Home, target: Uint8Array): void {
    const isMoving = this.byteLength >= large && this.#bytes !== undefined;
    if (isMoving && this.#settled) moveBytes(this.#bytes!, target);
    else this.copyTo(target);
    if (isMoving) this.moveTo(home);
  }

  /** Its bytes are at another place now. */
  relocate(bytes: Uint8Array): void {
    this.#bytes = bytes;
    this.address = undefined;
  }

  /** The newest copy comes back from its home, which will be used for something else. */
  settle(): void {
    this.peek();
    this.#home = undefined;
  }
}

/** Elements as they are stored. */
export function storageFrom(data: ArrayLike<number>, type: TensorType): Storage {
  const bytes = encoded(data, type);
  return new Storage(bytes.byteLength, bytes);
}

let align: ((buffer: ArrayBuffer) => number) | undefined;

/** The native tier tells how to find a buffer's address modulo `alignment`. */
export function alignBy(addressOf: (buffer: ArrayBuffer) => number): void {
  align = addressOf;
}

function allocate(byteLength: number): Uint8Array {
  const { buffer } = roomyBytes(byteLength);
  const misalignment = align === undefined ? 0 : align(buffer) % alignment;
  return new Uint8Array(buffer, misalignment === 0 ? 0 : alignment - misalignment, byteLength);
}

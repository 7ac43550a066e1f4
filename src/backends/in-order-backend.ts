import type { Traced } from "../compiler/compile.ts";
import type { Backend, DeviceDescription, Executable, LoadOptions, Memory } from "./backend.ts";
import { Queue } from "./queue.ts";
import type { DeviceSettings } from "./settings.ts";

/** A program that is run by a queue. */
export interface InOrderExecutable<M extends Memory> extends Executable {
  /** Whether `run` will not wait. */
  readonly isReady: () => boolean;
  /** Sees to it that it is ready, here and now; whether it is. */
  readonly finish: () => boolean;
  /** Over the memories that `Backend.enqueue` was given. */
  run(memories: readonly M[], times: number): void;
  /** Those of these memories that are new. */
  results(memories: readonly M[]): M[];
  /** Those that a run writes. */
  written(memories: readonly M[]): M[];
}

/**
 * A device whose work is given to it in order by a queue on this side. What is ready is given at once; while a program is being compiled, its runs
 * wait, and so does what comes after them.
 */
export abstract class InOrderBackend<M extends Memory> implements Backend {
  abstract readonly name: string;
  readonly #queue = new Queue();

  abstract allocate(byteLength: number): M;
  abstract adopt(bytes: Uint8Array): M;
  abstract load(traced: Traced, options: LoadOptions): InOrderExecutable<M>;
  abstract describe(settings: DeviceSettings): DeviceDescription;

  /** Bytes for all of a memory. */
  protected abstract fill(memory: M, bytes: Uint8Array): void;
  /** What is in one memory, into another of its length. */
  protected abstract copyInto(from: M, to: M): void;
  /** A copy of what is in a memory. */
  protected abstract bytesIn(memory: M): Uint8Array | Promise<Uint8Array>;
  /** Has whoever reads these told why nothing is there. */
  protected abstract lose(memories: readonly M[], cause: unknown): void;

  write(memory: M, bytes: Uint8Array | Promise<Uint8Array>): void {
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
        this.fill(memory, come);
      },
      writes: [memory],
      fail: (error) => this.lose([memory], error),
    });
  }

  copy(memory: M): M {
    const twin = this.allocate(memory.byteLength);
    this.#soon(
      [twin],
      () => this.copyInto(memory, twin),
      (cause) => this.lose([twin], cause),
    );
    return twin;
  }

  enqueue(executable: InOrderExecutable<M>, memories: readonly M[], times: number): void {
    if (times <= 0) return;
    // Nearly always.
    if (this.#queue.isIdle && executable.isReady()) {
      try {
        executable.run(memories, times);
      } catch (cause) {
        this.lose(executable.results(memories), cause);
        throw cause;
      }
      return;
    }
    const { isReady, ready, finish } = executable;
    this.#queue.add({
      isReady,
      ready,
      finish,
      run: () => executable.run(memories, times),
      writes: executable.written(memories),
      // Nobody else learns that a state was not updated.
      fail: (cause) => this.lose(executable.written(memories), cause),
    });
  }

  async read(memory: M): Promise<Uint8Array> {
    // What waits for a compiler keeps nobody from numbers that it doesn't change.
    if (this.isSettled(memory)) return this.bytesIn(memory);
    // Whoever waits for numbers keeps the process alive, also where a compiler was abandoned.
    const alive = setInterval(() => {}, 2 ** 30);
    try {
      return await new Promise<Uint8Array>((resolve, reject) => {
        this.#soon([], () => resolve(this.bytesIn(memory)), reject);
      });
    } finally {
      clearInterval(alive);
    }
  }

  /** Whether nothing that waits will change what is in a memory. */
  protected isSettled(memory: M): boolean {
    return this.#queue.isIdle || !this.#queue.willWrite(memory);
  }

  #soon(writes: readonly M[], run: () => void, fail: (cause: unknown) => void): void {
    this.#queue.add({ isReady: () => true, ready: Promise.resolve(), finish: () => true, run, writes, fail });
  }
}

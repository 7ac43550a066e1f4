import { EventLoopPauses } from "./event-loop.ts";

/** Something to be done when its turn comes. */
export interface Work {
  /** Whether `run` will not wait. */
  readonly isReady: () => boolean;
  /** Settles when that is so. */
  readonly ready: Promise<unknown>;
  /** Sees to it here and now that it is ready, if that can be done; whether it is. */
  readonly finish: () => boolean;
  readonly run: () => void;
  /** What it writes. */
  readonly writes: readonly object[];
  /** Is told why it could not be done. */
  readonly fail: (cause: unknown) => void;
}

/** So much may wait: a loop that never awaits anything never lets a compiler in the background finish. */
const mostWaiting = 64;

/** Work in the order it is given. What isn't ready waits, and all that comes after it. */
export class Queue {
  readonly #waiting: Work[] = [];
  #isDraining = false;

  /** Whether all work is done. */
  get isIdle(): boolean {
    return this.#waiting.length === 0;
  }

  /** Whether something that waits will write it. */
  willWrite(memory: object): boolean {
    return this.#waiting.some(({ writes }) => writes.includes(memory));
  }

  /** Does the work now if it can be, else when its turn comes. What fails now throws. */
  add(work: Work): void {
    if (this.isIdle && work.isReady()) {
      work.run();
      return;
    }
    this.#waiting.push(work);
    if (this.#waiting.length > mostWaiting) this.#doNow();
    if (!this.#isDraining) void this.#drain();
  }

  /** Does what waits, blocking, as far as that is possible. */
  #doNow(): void {
    for (let next = this.#waiting[0]; next?.finish(); next = this.#waiting[0]) this.#do(next);
  }

  async #drain(): Promise<void> {
    this.#isDraining = true;
    const pauses = new EventLoopPauses();
    for (let next = this.#waiting[0]; next !== undefined; next = this.#waiting[0]) {
      if (!next.isReady()) await next.ready.catch(() => {});
      else await pauses.pause();
      // It may have been done meanwhile.
      if (this.#waiting[0] === next) this.#do(next);
    }
    this.#isDraining = false;
  }

  #do(work: Work): void {
    try {
      work.run();
    } catch (cause) {
      work.fail(cause);
    } finally {
      // Only now: what it runs must find that it isn't alone.
      this.#waiting.shift();
    }
  }
}

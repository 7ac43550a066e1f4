import type { Loop } from "../runtime/loop.ts";

/** How long one call of a loop should take: long enough to cost nothing, short enough for a live display and Ctrl-C. */
const chunkMs = 30;

/** Learns how long a step takes and cuts a loop's work into pieces, so that the event loop is never blocked for long. */
export class Pace {
  #chunk = 1;
  #lastPause = performance.now();

  /** Runs `count` steps; `afterChunk` says after each piece whether to go on. How many were run. */
  async run(loop: Loop<unknown>, count: number, afterChunk: (done: number) => boolean | Promise<boolean>): Promise<number> {
    await loop.ready;
    let done = 0;
    while (done < count) {
      const size = Math.min(count - done, this.#chunk);
      const start = performance.now();
      loop.run(size);
      this.#learn(size, performance.now() - start);
      done += size;
      await this.pause();
      if (!(await afterChunk(done))) break;
    }
    return done;
  }

  /** Lets timers, signals and the screen have their turn, if it is time. */
  async pause(): Promise<void> {
    if (performance.now() - this.#lastPause < chunkMs / 2) return;
    await macrotask();
    this.#lastPause = performance.now();
  }

  #learn(steps: number, ms: number): void {
    const fitting = Math.floor((steps * chunkMs) / Math.max(ms, 1e-3));
    // A short last piece says little about how many more would fit.
    this.#chunk = Math.max(1, fitting > this.#chunk ? Math.min(fitting, Math.max(this.#chunk, 4 * steps)) : fitting);
  }
}

/** The next turn of the event loop. */
export const macrotask = (): Promise<void> =>
  new Promise((resolve) => {
    if (typeof setImmediate === "function") setImmediate(resolve);
    else setTimeout(resolve, 0);
  });

import type { Loop } from "../runtime/loop.ts";

/** How long one call of a loop should take: long enough to cost nothing, short enough for a live display and Ctrl-C. */
const chunkMs = 30;

/** Learns how long a step takes and cuts a loop's work into pieces, so that the event loop is never blocked for long. */
export class Pace {
  #stepMs: number | undefined;
  #lastPause = performance.now();

  /** Runs `count` steps; `afterChunk` says after each piece whether to go on. How many were run. */
  async run(loop: Loop<unknown>, count: number, afterChunk: (done: number) => boolean | Promise<boolean>): Promise<number> {
    await loop.ready;
    let done = 0;
    while (done < count) {
      const size = Math.min(count - done, this.#chunk());
      const start = performance.now();
      loop.run(size);
      this.#learn((performance.now() - start) / size);
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

  #chunk(): number {
    return this.#stepMs === undefined ? 1 : Math.max(1, Math.floor(chunkMs / Math.max(this.#stepMs, 1e-4)));
  }

  // The first step may have waited for memory or a compiler; so later ones correct it quickly, and at once downwards.
  #learn(stepMs: number): void {
    this.#stepMs = this.#stepMs === undefined ? stepMs : Math.max(stepMs, 0.5 * (this.#stepMs + stepMs));
    if (stepMs < this.#stepMs) this.#stepMs = 0.5 * (this.#stepMs + stepMs);
  }
}

/** The next turn of the event loop. */
export const macrotask = (): Promise<void> =>
  new Promise((resolve) => {
    if (typeof setImmediate === "function") setImmediate(resolve);
    else setTimeout(resolve, 0);
  });

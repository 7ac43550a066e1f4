/** The next turn of the event loop: timers, signals, input and the screen come first. */
export const macrotask = (): Promise<void> =>
  new Promise((resolve) => {
    if (typeof setImmediate === "function") setImmediate(resolve);
    else setTimeout(resolve, 0);
  });

/** Work is done without a pause for so many ms: long enough for pauses to cost nothing, short enough for a live display and Ctrl-C. */
const longestMs = 15;

/** Lets the event loop turn whenever work has gone on for long. The one place that looks at a clock for that. */
export class EventLoopPauses {
  #last = performance.now();

  /** Whether it is time for a pause. */
  get isDue(): boolean {
    return performance.now() - this.#last >= longestMs;
  }

  /** A pause, if it is time for one. */
  async pause(): Promise<void> {
    if (!this.isDue) return;
    await macrotask();
    this.#last = performance.now();
  }
}

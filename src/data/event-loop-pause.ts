/** How long a loop may keep timers, signals and input waiting. */
const longestMs = 30;

/** A function to call inside a long loop: it returns at once, unless the loop has kept the rest of the program waiting for too long. */
export function eventLoopPause(): () => Promise<void> | undefined {
  let last = Date.now();
  return () => {
    if (Date.now() - last < longestMs) return undefined;
    return new Promise((resolve) => {
      setTimeout(() => {
        last = Date.now();
        resolve();
      }, 0);
    });
  };
}

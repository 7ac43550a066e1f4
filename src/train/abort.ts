import { counted } from "../runtime/counters.ts";
import { Program } from "../runtime/program.ts";

/**
 * What some work gives, or undefined if the signal comes first. Then `giveUp` is called, the work goes on unheard until it looks, and programs
 * that were begun in it no longer keep the process alive.
 */
export async function unlessAborted<T>(
  work: () => Promise<T>,
  signal: AbortSignal | undefined,
  giveUp: () => void = () => {},
): Promise<T | undefined> {
  if (signal === undefined) return work();
  if (signal.aborted) return undefined;
  const before = counted.programs;
  let stop = (): void => {};
  const aborted = new Promise<undefined>((resolve) => {
    stop = () => {
      giveUp();
      Program.abandonSince(before);
      resolve(undefined);
    };
    signal.addEventListener("abort", stop);
  });
  try {
    return await Promise.race([work(), aborted]);
  } finally {
    signal.removeEventListener("abort", stop);
  }
}

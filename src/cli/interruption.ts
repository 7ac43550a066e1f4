import type { Terminal } from "./terminal.ts";

/** Ctrl-C, or a terminal that closes, while something runs: the first one asks it to end well, the second one ends the process. */
export interface Interruption {
  readonly signal: AbortSignal;
  /** Ctrl-C has its usual meaning again. */
  release(): void;
}

/** What a shell reports for a process that Ctrl-C ended. */
export const interruptedExitCode = 130;

export function catchInterruption(terminal: Terminal): Interruption {
  const controller = new AbortController();
  const interrupt = (): void => {
    if (controller.signal.aborted) process.exit(interruptedExitCode);
    terminal.warn("\nFinishing this step, then saving. Press Ctrl-C again to quit at once.");
    controller.abort();
  };
  // A terminal that closes tells its shell's programs once or twice.
  const hangUp = (): void => {
    if (!controller.signal.aborted) interrupt();
  };
  process.on("SIGINT", interrupt);
  process.on("SIGTERM", interrupt);
  process.on("SIGHUP", hangUp);
  const release = (): void => {
    process.off("SIGHUP", hangUp);
    process.off("SIGINT", interrupt);
    process.off("SIGTERM", interrupt);
  };
  return { signal: controller.signal, release };
}

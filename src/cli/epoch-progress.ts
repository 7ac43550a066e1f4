import type { Callback } from "../train/callback.ts";
import { progress } from "../train/progress.ts";
import { type Terminal, withoutLines } from "./terminal.ts";

/** Long trainings show about this many of their epochs. */
const mostLines = 50;

/** A live bar in a terminal, a line an epoch elsewhere; every so many epochs where there are very many. */
export function epochProgress(epochs: number, { live, ascii }: Terminal): Callback {
  const output = { isTTY: live.isTTY, columns: live.columns, write: (text: string) => live.write(ascii ? withoutLines(text) : text) };
  const shown = thinned(progress({ output, bar: live.isTTY === true }), epochs, Math.ceil(epochs / mostLines));
  return {
    ...shown,
    async onTrainEnd(logs, controls) {
      await shown.onTrainEnd?.(logs, controls);
      output.write("\n");
    },
  };
}

/** A callback that is told of every `every`th epoch and the last only. */
export function thinned(callback: Callback, epochs: number, every: number): Callback {
  const isShown = (epoch: number): boolean => (epoch + 1) % every === 0 || epoch + 1 === epochs;
  let current = 0;
  return {
    onSlowCompiler: (what) => callback.onSlowCompiler?.(what),
    onTrainBegin: (controls) => callback.onTrainBegin?.(controls),
    onTrainEnd: (logs, controls) => callback.onTrainEnd?.(logs, controls),
    onEpochBegin(epoch, controls) {
      current = epoch;
      return isShown(epoch) ? callback.onEpochBegin?.(epoch, controls) : undefined;
    },
    onSteps: (step, logs, controls) => (isShown(current) ? callback.onSteps?.(step, logs, controls) : undefined),
    onEpochEnd: (epoch, logs, controls) => (isShown(epoch) ? callback.onEpochEnd?.(epoch, logs, controls) : undefined),
  };
}

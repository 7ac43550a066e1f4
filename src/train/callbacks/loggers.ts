import type { Callback } from "../callback.ts";
import type { Logs } from "../history.ts";

/** Takes a line of text without its end, as `(line) => appendLine(path, line)` does. */
export type WriteLine = (line: string) => void | Promise<void>;

/** Writes each epoch's figures as a line of JSON: `{"epoch":0,"loss":0.5}`. What is not a number becomes null. */
export const jsonLinesLogger = (write: WriteLine): Callback => ({
  onEpochEnd: (epoch, logs) => write(JSON.stringify({ epoch, ...logs })),
});

/** Writes each epoch's figures as a line of comma-separated values, after a line with their names. */
export function csvLogger(write: WriteLine): Callback {
  let names: string[] | undefined;
  return {
    onTrainBegin() {
      names = undefined;
    },
    async onEpochEnd(epoch: number, logs: Logs) {
      if (names === undefined) {
        names = Object.keys(logs);
        await write(["epoch", ...names].join(","));
      }
      await write([epoch, ...names.map((name) => logs[name] ?? "")].join(","));
    },
  };
}

import { callable } from "../../core/checks.ts";
import type { Callback } from "../callback.ts";
import type { Logs } from "../history.ts";

/** Takes a line of text without its end, as `(line) => appendLine(path, line)` does. */
export type WriteLine = (line: string) => void | Promise<void>;

/**
 * Writes each epoch's figures as a line of JSON: `{"epoch":0,"loss":0.5}`. What is not a number becomes null.
 *
 * @throws GradsmithError "option" unless `write` is a function.
 * @example jsonLinesLogger((line) => appendFile("metrics.jsonl", `${line}\n`))
 */
export function jsonLinesLogger(write: WriteLine): Callback {
  callable("jsonLinesLogger", "write", write);
  return { onEpochEnd: (epoch, logs) => write(JSON.stringify({ epoch, ...logs })) };
}

/**
 * Writes each epoch's figures as a line of comma-separated values, after a line with their names.
 *
 * @throws GradsmithError "option" unless `write` is a function.
 * @example csvLogger((line) => appendFile("metrics.csv", `${line}\n`))
 */
export function csvLogger(write: WriteLine): Callback {
  callable("csvLogger", "write", write);
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

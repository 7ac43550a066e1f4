import type { Logs } from "../history.ts";
import { figureOf } from "./monitored.ts";

/**
 * The name of a checkpoint's file, without its ending: a template with `{epoch}` and figures by their names, or by default
 * `epoch=03-val_loss=0.1234` with what is monitored. What can't be in a file's name on some system becomes `_`.
 */
export function checkpointName(
  where: string,
  template: string | undefined,
  monitor: string | undefined,
  epoch: number,
  logs: Logs,
): string {
  const filled = (template ?? byDefault(monitor)).replace(/\{([^{}]+)\}/g, (_, name: string) =>
    name === "epoch" ? String(epoch).padStart(2, "0") : shown(figureOf(where, name, logs)),
  );
  return filled.replace(/\.safetensors$/, "").replace(/[\\/:*?"<>|\p{Cc}]/gu, "_");
}

const byDefault = (monitor: string | undefined): string =>
  monitor === undefined ? "epoch={epoch}" : `epoch={epoch}-${monitor}={${monitor}}`;

/** Four decimals, or four digits where those would show nothing. */
function shown(value: number): string {
  const size = Math.abs(value);
  return size !== 0 && (size < 1e-3 || size >= 1e9) ? value.toExponential(3) : value.toFixed(4);
}

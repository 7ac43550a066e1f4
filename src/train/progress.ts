import { printable } from "../core/printable.ts";
import type { Callback, TrainingControls } from "./callback.ts";
import type { Logs } from "./history.ts";

/** `auto`: a bar in a terminal, else a line per epoch; 0: nothing; 1: a bar; 2: a line per epoch. */
export type Verbosity = "auto" | 0 | 1 | 2;

/** Where progress is shown. */
export interface ProgressOutput {
  readonly isTTY?: boolean | undefined;
  readonly columns?: number | undefined;
  write(text: string): unknown;
}

interface ProgressOptions {
  readonly output: ProgressOutput;
  /** A bar that is drawn again and again, or only a line at the end of each epoch. */
  readonly bar: boolean;
  /** Milliseconds since some moment. */
  readonly now?: () => number;
}

/** What is to be shown of an epoch. */
export interface EpochView {
  /** Counted from 0. */
  readonly epoch: number;
  readonly epochs: number;
  readonly step: number;
  readonly steps: number | undefined;
  readonly elapsedMs: number;
  readonly logs: Logs;
  readonly isDone: boolean;
}

const barWidth = 20;
const shortestBar = 6;
const redrawMs = 80;

/**
 * One line for an epoch: `Epoch 3/25 loss 0.1234 · accuracy 0.9100 · ━━━━━━━━━━────────── 123/313 · ETA 2s · 1.2k steps/s`. The figures come first. Where
 * the line is too long for the terminal, bar, rate and time go, then the dots, then the last of the figures; the loss always stays.
 */
export function epochLine(
  view: EpochView,
  { withBar, columns = Number.POSITIVE_INFINITY }: { readonly withBar: boolean; readonly columns?: number | undefined },
): string {
  const { epoch, epochs, step, steps, elapsedMs, logs, isDone } = view;
  const count = String(epochs);
  const rate = elapsedMs > 0 ? (step * 1000) / elapsedMs : 0;
  let line = `Epoch ${String(epoch + 1).padStart(count.length)}/${count}`;
  const figures = watched(logs);
  const between = line.length + 1 + figures.join(" · ").length <= columns ? " · " : " ";
  let separator = " ";
  const add = (part: string): boolean => {
    const fits = line.length + separator.length + part.length <= columns;
    if (fits) {
      line += separator + part;
      separator = between;
    }
    return fits;
  };
  const title = line;
  if (!figures.every((part) => add(part))) return line === title ? cut(`${title} ${figures[0]}`, columns) : line;
  const done = steps === undefined ? `${step} steps` : `${String(step).padStart(String(steps).length)}/${steps}`;
  const time = isDone
    ? duration(elapsedMs)
    : steps !== undefined && rate > 0
      ? `ETA ${duration(((steps - step) / rate) * 1000)}`
      : undefined;
  const speed = rate > 0 ? `${compact(rate)} steps/s` : undefined;
  const after = [time, speed].filter((part) => part !== undefined);
  const needed = after.reduce((sum, part) => sum + separator.length + part.length, separator.length + done.length + 1);
  const barRoom = Math.min(barWidth, columns - line.length - needed);
  const bar = withBar && steps !== undefined && barRoom >= shortestBar ? `${drawnBar(step / steps, barRoom)} ` : "";
  if (add(bar + done)) after.every((part) => add(part));
  return line;
}

/** Loss, validation loss, and each metric followed by that of the validation. */
function watched(logs: Logs): string[] {
  const isOfValidation = (name: string): boolean => name.startsWith("val_") && name.slice(4) in logs;
  return Object.keys(logs)
    .filter((name) => !isOfValidation(name))
    .flatMap((name) => [name, `val_${name}`])
    .filter((name) => name in logs)
    .map((name) => `${printable(name, 60)} ${figure(logs[name]!)}`);
}

const cut = (line: string, columns: number): string => (line.length > columns ? `${line.slice(0, columns - 1)}…` : line);

/**
 * A callback that shows how training goes. A bar is drawn at most every 80 ms: lines of shorter epochs are made and written together, since a
 * terminal takes longer for each write than a thousand steps of a small model.
 */
export function progress({ output, bar, now = () => performance.now() }: ProgressOptions): Callback {
  let start = 0;
  let drawn = 0;
  let step = 0;
  let isOpen = false;
  /** Epochs whose lines are to be written, and what will write them if nothing else does. */
  let held: EpochView[] = [];
  let timer: ReturnType<typeof setTimeout> | undefined;
  const write = (text: string): void => {
    clearTimeout(timer);
    timer = undefined;
    const lines = held.map(line).join("") + text;
    if (lines !== "") output.write(lines);
    held = [];
    drawn = now();
  };
  const line = (view: EpochView): string => `${epochLine(view, { withBar: bar, columns: bar ? output.columns : undefined })}\n`;
  const view = (epoch: number, logs: Logs, isDone: boolean, { epochs, stepsPerEpoch }: TrainingControls): EpochView => ({
    epoch,
    epochs,
    step: isDone ? (stepsPerEpoch ?? step) : step,
    steps: stepsPerEpoch,
    elapsedMs: now() - start,
    logs,
    isDone,
  });
  let epochNow = 0;
  const draw = async (logs: () => Promise<Logs>, controls: TrainingControls): Promise<void> => {
    const figures = await logs();
    isOpen = true;
    write(`\r\u001b[K${epochLine(view(epochNow, figures, false, controls), { withBar: true, columns: output.columns })}`);
  };
  return {
    onSlowCompiler(what) {
      if (!bar) return void output.write(`Compiling ${what} …\n`);
      write(`\r\u001b[K${cut(`Compiling ${what} …`, output.columns ?? Number.POSITIVE_INFINITY)}`);
      isOpen = true;
    },
    onEpochBegin(epoch) {
      [start, epochNow, step] = [now(), epoch, 0];
    },
    onSteps(done, logs, controls) {
      step = done;
      return bar && now() - drawn >= redrawMs && done !== controls.stepsPerEpoch ? draw(logs, controls) : undefined;
    },
    onEpochEnd(epoch, logs, controls) {
      const done = view(epoch, logs, true, controls);
      if (isOpen) {
        isOpen = false;
        return write(`\r\u001b[K${line(done)}`);
      }
      held.push(done);
      if (!bar || now() - drawn >= redrawMs) write("");
      else timer ??= setTimeout(write, redrawMs, "");
    },
    onTrainEnd() {
      write(isOpen ? "\n" : "");
      isOpen = false;
    },
  };
}

/** The progress callback a verbosity asks for, on the process's error output where there is one. */
export function progressFor(verbose: Verbosity): Callback[] {
  const output = (globalThis as { process?: { stderr?: ProgressOutput } }).process?.stderr;
  if (verbose === 0 || output === undefined) return [];
  return [progress({ output, bar: verbose === 1 || (verbose === "auto" && output.isTTY === true) })];
}

function drawnBar(share: number, width: number): string {
  const full = Math.round(Math.min(1, share) * width);
  return "━".repeat(full) + "─".repeat(width - full);
}

function figure(value: number): string {
  if (!Number.isFinite(value)) return String(value);
  const size = Math.abs(value);
  return size !== 0 && (size < 1e-3 || size >= 1e5) ? value.toExponential(3) : value.toFixed(4);
}

function duration(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)}ms`;
  const seconds = ms / 1000;
  if (seconds < 60) return `${seconds.toFixed(seconds < 10 ? 1 : 0)}s`;
  const minutes = Math.floor(seconds / 60);
  return minutes < 60
    ? `${minutes}m${String(Math.round(seconds % 60)).padStart(2, "0")}s`
    : `${Math.floor(minutes / 60)}h${String(minutes % 60).padStart(2, "0")}m`;
}

const compact = (n: number): string =>
  n >= 1e6 ? `${(n / 1e6).toFixed(1)}M` : n >= 1e3 ? `${(n / 1e3).toFixed(1)}k` : n >= 10 ? n.toFixed(0) : n.toFixed(1);

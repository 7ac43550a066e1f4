import { fileError } from "../io/files.ts";
import type { ProgressOutput } from "../train/progress.ts";

/** Where a command writes, and what can be shown there. */
export interface Terminal {
  /** Results, to standard output. */
  print(text: string): void;
  /** Mistakes and notes, to standard error. */
  warn(text: string): void;
  /** Characters across, 40 to 200. */
  readonly width: number;
  /** Only ASCII characters can be shown. */
  readonly ascii: boolean;
  /** Where progress is drawn while something runs. */
  readonly live: ProgressOutput;
}

/** The terminal this process runs in. Without one, lines are 80 characters wide. */
export function processTerminal(): Terminal {
  return {
    print: (text) => void process.stdout.write(`${text}\n`),
    warn: (text) => void process.stderr.write(`${text}\n`),
    width: Math.max(40, Math.min(200, process.stdout.columns ?? 80)),
    ascii: !showsUnicode(process.env),
    live: process.stdout,
  };
}

/** A locale that is named and isn't UTF-8, or a console that is known for it, can't show charts in Unicode. */
export function showsUnicode(environment: NodeJS.ProcessEnv): boolean {
  const { LC_ALL, LC_CTYPE, LANG, TERM } = environment;
  if (TERM === "linux" || TERM === "dumb") return false;
  const locale = [LC_ALL, LC_CTYPE, LANG].find((name) => name !== undefined && name !== "");
  return locale === undefined || /utf-?8/i.test(locale);
}

/** Tables drawn with lines, redrawn with the characters every terminal has. */
export const withoutLines = (text: string): string =>
  text
    .replace(/[─━╇┩┡┳┏┓┴┬┼┤├└┘┌┐╈]/gu, (character) => (character === "─" || character === "━" ? "-" : "+"))
    .replace(/[│┃]/gu, "|")
    .replace(/·/gu, "|")
    .replace(/…/gu, "...");

/** A reader that has had enough, as in `gradsmith labs | head -1`, is no mistake: end quietly. Where output can't go, as on a full disk, say why. */
export function endWithReader(): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on("error", (error: NodeJS.ErrnoException) => {
      if (error.code === "EPIPE") process.exit(0);
      // The terminal is gone: what runs is told so by a signal, and saves.
      if (error.code === "EIO") return;
      if (stream === process.stdout) process.stderr.write(`${fileError("standard output", "can't be written", error).message}\n`);
      process.exit(2);
    });
  }
}

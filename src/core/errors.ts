import { printable } from "./printable.ts";

/** What a caller can do wrong, or a machine refuse. The code is stable; the words are not. */
export type ErrorCode = "shape" | "dtype" | "option" | "data" | "file" | "network" | "device" | "training" | "usage" | "internal";

/**
 * Every mistake Gradsmith reports: `[where] what happened. What to do.` The `code` is stable and has a section in `docs/errors.md`.
 */
export class GradsmithError extends Error {
  /** What kind of mistake it is; each has a section in `docs/errors.md`. */
  readonly code: ErrorCode;
  /** The function, layer or file the message is about. */
  readonly where: string;

  constructor(code: ErrorCode, where: string, what: string, fix?: string) {
    super(shown(fix === undefined ? `[${where}] ${what}` : `[${where}] ${what} ${fix}`));
    this.name = "GradsmithError";
    this.code = code;
    this.where = where;
  }
}

/** Whatever is in it, a message goes to a terminal. */
const shown = (message: string): string =>
  message
    .slice(0, 8000)
    .split("\n")
    .map((line) => printable(line, 4000))
    .join("\n");

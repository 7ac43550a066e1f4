import type { ChildProcess } from "node:child_process";
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import type { Line } from "./measure.ts";

type Said = Line | { readonly ready: readonly string[] } | { readonly name: string; readonly absent: string };

/** A process that has made its rows ready and waits for its turns. */
export class Resident {
  readonly #child: ChildProcess;
  readonly #said: AsyncIterator<string>;
  readonly #timeoutMs: number;
  #complaint = "";
  #failure: string | undefined;
  /** Rows it can measure, and why not those it can't. */
  rows: readonly string[] = [];
  absent: string | undefined;

  private constructor(file: string, args: readonly string[], env: Readonly<Record<string, string>>, timeoutMs: number) {
    this.#timeoutMs = timeoutMs;
    this.#child = spawn(file, [...args], { env: { ...process.env, ...env }, stdio: ["pipe", "pipe", "pipe"] });
    this.#child.on("error", (error) => {
      this.#failure = error.message;
    });
    this.#child.stdin!.on("error", () => {});
    this.#child.stderr!.on("data", (chunk: Buffer) => {
      this.#complaint = (this.#complaint + chunk.toString()).slice(-10_000);
    });
    this.#said = createInterface({ input: this.#child.stdout! })[Symbol.asyncIterator]();
  }

  /** Starts a process and waits until it is ready. It has no rows if something went wrong: then `absent` says what. */
  static async start(
    file: string,
    args: readonly string[],
    { env, timeoutMs }: { readonly env: Readonly<Record<string, string>>; readonly timeoutMs: number },
  ): Promise<Resident> {
    const resident = new Resident(file, args, env, timeoutMs);
    for (;;) {
      const said = await resident.#next();
      if (said === undefined) {
        resident.absent ??= resident.#lastWords();
        return resident;
      }
      if ("ready" in said) {
        resident.rows = said.ready;
        if (said.ready.length > 0) return resident;
      }
      if ("absent" in said) resident.absent = said.absent;
    }
  }

  /** One turn at a row; undefined if the process has died over it. */
  async turn(row: string): Promise<Line | undefined> {
    this.#child.stdin!.write(`${row}\n`);
    const said = await this.#next();
    if (said !== undefined && "us_per_step" in said) return said;
    this.absent = this.#lastWords();
    return undefined;
  }

  /** Ends the process and waits for its end: the next one should have the machine for itself. */
  async end(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const closed = new Promise((resolve) => this.#child.on("close", resolve));
    this.#child.stdin!.end();
    const patience = setTimeout(() => this.#child.kill("SIGKILL"), 5000);
    await closed;
    clearTimeout(patience);
  }

  /** The next line of JSON, or undefined at the process's end. */
  async #next(): Promise<Said | undefined> {
    const limit = setTimeout(() => {
      this.#failure = `stopped after ${this.#timeoutMs / 1000} s`;
      this.#child.kill("SIGKILL");
    }, this.#timeoutMs);
    try {
      for (;;) {
        const { value, done } = await this.#said.next();
        if (done === true) return undefined;
        if (value.startsWith("{")) return JSON.parse(value) as Said;
      }
    } finally {
      clearTimeout(limit);
    }
  }

  #lastWords(): string {
    const lines = this.#complaint.trim().split("\n");
    const words = lines.findLast((line) => /error/i.test(line)) ?? lines.at(-1) ?? "";
    return `${this.#failure ?? `ended with ${this.#child.signalCode ?? `exit code ${this.#child.exitCode}`}`}: ${words}`.slice(0, 200);
  }
}

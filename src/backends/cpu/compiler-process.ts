import type { ChildProcess } from "node:child_process";
import { spawn, spawnSync } from "node:child_process";
import { closeSync, openSync, rmSync, writeFileSync } from "node:fs";
import type { Socket } from "node:net";
import { availableParallelism } from "node:os";
import { GradsmithError } from "../../core/errors.ts";

/** A compiler to be run. */
export interface Call {
  readonly command: readonly string[];
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** What it reads from its standard input, and where that may lie until it has opened it; nothing if there is none. */
  readonly input?: { readonly text: string; readonly path: string };
  /** It is killed when it takes longer. */
  readonly seconds: number;
}

export interface Outcome {
  /** 0 if all went well; null where it was not run to its end. */
  readonly status: number | null;
  readonly output: string;
  /** What it said is wrong. */
  readonly message: string;
  /** The seconds it was given, if it was killed because they were over. */
  readonly killedAfter: number | undefined;
}

/** What somebody waits for, who may go. */
export interface Pending<Value> {
  readonly ready: Promise<Value>;
  /** Says that it is no longer waited for. It goes on, for others who wait, but doesn't keep this process alive. */
  abandon(): void;
}

/** How long compilers may take by the environment's wish, if it has one. */
export function secondsWished({ GRADSMITH_COMPILER_SECONDS: text = "" }: Call["environment"] = process.env): number | undefined {
  if (text === "") return undefined;
  const seconds = Number(text);
  if (Number.isFinite(seconds) && seconds > 0) return seconds;
  throw new GradsmithError("option", "GRADSMITH_COMPILER_SECONDS", `"${text}" is not a number of seconds.`, "Use a number above 0.");
}

/** What a guard ends with where there is no such program. */
export const notFound = 127;
/**
 * Runs a compiler that ends with this process, however that ends, and takes what it started with it. The compiler has a process group of its own:
 * Ctrl-C is for this process to answer, and killing `cc` alone would leave the compiler proper behind. Beside it a shell reads a line that
 * never comes from a pipe that only this process holds open. When that is closed, it asks the group to end, so that temporary files are
 * removed, and after a second it no longer asks.
 */
const guard = `
(trap "" TERM; read -r line; kill -s TERM -- -$$; sleep 1; kill -s KILL -- -$$) <&3 >/dev/null 2>&1 &
leave() { { kill -s KILL $!; wait $!; } 2>/dev/null; exit "$1"; }
command -v "$1" >/dev/null || { echo "not found" >&2; leave ${notFound}; }
(exec "$@" 3<&-)
leave $?`;
const guarded = (command: readonly string[]): [string, string[]] => ["/bin/sh", ["-c", guard, "sh", ...command]];
/** Input, output, messages, the line. */
const standardStreams = (input: number | "ignore"): [number | "ignore", "pipe", "pipe", "pipe"] => [input, "pipe", "pipe", "pipe"];

const mostText = 2 ** 24;
/** Timers take no more. */
const mostMs = 2 ** 31 - 1;
const milliseconds = (seconds: number): number => Math.min(Math.ceil(seconds * 1000), mostMs);
const failed = (message: string): Outcome => ({ status: null, output: "", message, killedAfter: undefined });

/** Runs a compiler while the caller waits. */
export function runBlocking(call: Call): Outcome {
  const options = {
    env: call.environment as NodeJS.ProcessEnv,
    detached: true,
    encoding: "utf8",
    maxBuffer: mostText,
    timeout: milliseconds(call.seconds),
    killSignal: "SIGKILL",
  } as const;
  try {
    const ended = withInput(call, (input) => spawnSync(...guarded(call.command), { ...options, stdio: standardStreams(input) }));
    const { status, stdout, stderr, error } = ended;
    const isLate = (error as NodeJS.ErrnoException | undefined)?.code === "ETIMEDOUT";
    const message = stderr || (error?.message ?? "");
    return { status, output: stdout ?? "", message, killedAfter: isLate ? call.seconds : undefined };
  } catch (error) {
    return failed(String(error));
  }
}

/** Compilers at work on one thing in the background. They keep this process alive while somebody waits for it. */
export class Compilers {
  readonly #children = new Set<ChildProcess>();
  #waiting = 0;
  /** How often they were stopped. */
  #stops = 0;

  /** One more waits for them; what comes back says that this one does no longer. */
  join(): () => void {
    let waits = true;
    if (this.#waiting++ === 0) for (const child of this.#children) keep(child, "ref");
    return () => {
      if (waits && --this.#waiting === 0) for (const child of this.#children) keep(child, "unref");
      waits = false;
    };
  }

  /** Runs a compiler when it's its turn. */
  async run(call: Call): Promise<Outcome> {
    const stops = this.#stops;
    await slot();
    try {
      return stops === this.#stops ? await this.#start(call) : failed("");
    } finally {
      free();
    }
  }

  /** Ends those that are running, and those whose turn hasn't come. */
  stop(): void {
    this.#stops++;
    for (const child of this.#children) letGo(child);
  }

  async #start(call: Call): Promise<Outcome> {
    const options = { env: call.environment as NodeJS.ProcessEnv, detached: true };
    let child: ChildProcess;
    try {
      child = withInput(call, (input) => spawn(...guarded(call.command), { ...options, stdio: standardStreams(input) }));
    } catch (error) {
      return failed(String(error));
    }
    this.#children.add(child);
    if (this.#waiting === 0) keep(child, "unref");
    return outcomeOf(child, call.seconds).finally(() => this.#children.delete(child));
  }
}

/** A pipe that nobody reads would keep this process alive: what a compiler is to read is an open file, which has no name any more. */
function withInput<Result>({ input }: Call, run: (input: number | "ignore") => Result): Result {
  if (input === undefined) return run("ignore");
  let file: number | undefined;
  try {
    writeFileSync(input.path, input.text, { mode: 0o600, flag: "wx" });
    file = openSync(input.path, "r");
  } finally {
    rmSync(input.path, { force: true });
  }
  try {
    return run(file);
  } finally {
    closeSync(file);
  }
}

function outcomeOf(child: ChildProcess, seconds: number): Promise<Outcome> {
  return new Promise((resolve) => {
    const texts = { output: "", message: "" };
    const end = (status: number | null, killedAfter?: number): void => {
      clearTimeout(limit);
      resolve({ status, ...texts, killedAfter });
    };
    const limit = setTimeout(() => {
      letGo(child);
      end(null, seconds);
    }, milliseconds(seconds)).unref();
    const collect = (name: "output" | "message") => (text: string) => {
      if (texts[name].length < mostText) texts[name] += text;
    };
    child.stdout!.setEncoding("utf8").on("data", collect("output"));
    child.stderr!.setEncoding("utf8").on("data", collect("message"));
    child.on("error", (error) => {
      texts.message += error.message;
      end(null);
    });
    child.on("close", (status) => end(status));
  });
}

/** Closes the line to its guard. */
function letGo(child: ChildProcess): void {
  for (const stream of child.stdio) stream?.destroy();
}

function keep(child: ChildProcess, how: "ref" | "unref"): void {
  child[how]();
  for (const stream of child.stdio) (stream as Socket | null | undefined)?.[how]();
}

/** As many compilers at a time as there are cores. */
let running = 0;
const queue: (() => void)[] = [];
async function slot(): Promise<void> {
  if (running >= availableParallelism()) await new Promise<void>((resolve) => queue.push(resolve));
  else running++;
}
function free(): void {
  const next = queue.shift();
  if (next === undefined) running--;
  else next();
}

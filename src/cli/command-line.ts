import { GradsmithError } from "../core/errors.ts";
import { nearest } from "../core/nearest.ts";
import { version } from "../core/version.ts";
import { parseArguments } from "./arguments.ts";
import type { Command } from "./command.ts";
import { doctor } from "./commands/doctor.ts";
import { labs } from "./commands/labs.ts";
import { run } from "./commands/run.ts";
import { summary } from "./commands/summary.ts";
import { commandHelp, generalHelp } from "./help.ts";
import { endWithReader, processTerminal, type Terminal } from "./terminal.ts";

const commands: readonly Command[] = [run, labs, doctor, summary];

/** Runs what was typed and leaves the exit code with the process. */
export async function commandLine(typed: readonly string[]): Promise<void> {
  endWithReader();
  process.exitCode = await execute(typed, processTerminal());
}

/** Runs what was typed; the exit code: 0 for done, 2 for a mistake of the user, 1 for one of ours, 130 for Ctrl-C. */
export async function execute(typed: readonly string[], terminal: Terminal): Promise<number> {
  try {
    return await dispatch(typed, terminal);
  } catch (error) {
    terminal.warn(describeError(error, typed.includes("--debug")));
    return error instanceof GradsmithError && error.code !== "internal" ? 2 : 1;
  }
}

async function dispatch([first, ...rest]: readonly string[], terminal: Terminal): Promise<number> {
  if (first === undefined || first === "--help" || first === "-h" || first === "help") return printHelp(rest[0], terminal);
  if (first === "--version") return print(terminal, version);
  const command = commands.find(({ name }) => name === first) ?? unknownCommand(first);
  if (rest.includes("--help") || rest.includes("-h")) return print(terminal, commandHelp(command));
  return command.run(parseArguments(command, rest), terminal);
}

function printHelp(name: string | undefined, terminal: Terminal): number {
  const command = commands.find((candidate) => candidate.name === name);
  return print(terminal, command === undefined ? generalHelp(commands) : commandHelp(command));
}

function print(terminal: Terminal, text: string): number {
  terminal.print(text);
  return 0;
}

function unknownCommand(name: string): never {
  const close = nearest(
    name,
    commands.map((command) => command.name),
  );
  const hint = close === undefined ? "" : ` Did you mean "${close}"?`;
  throw new GradsmithError(
    "usage",
    "gradsmith",
    `unknown command "${name}".${hint}`,
    `Known: ${commands.map((command) => command.name).join(", ")}.`,
  );
}

/** One line for people; with `--debug` the stack as well. */
function describeError(error: unknown, isDebug: boolean): string {
  if (isDebug) return error instanceof Error ? (error.stack ?? error.message) : String(error);
  const message = error instanceof Error ? error.message : String(error);
  const line = message.replace(/\s*\n\s*/g, " ");
  return error instanceof GradsmithError ? line : `[internal] ${line} This is a mistake in Gradsmith; --debug shows where.`;
}

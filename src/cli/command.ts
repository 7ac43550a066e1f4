import type { Terminal } from "./terminal.ts";

/** An option of a command: a flag, or with `value` one that takes what its name says. */
export interface OptionDescription {
  readonly value?: string;
  readonly description: string;
}

/** A subcommand. */
export interface Command {
  readonly name: string;
  /** One line for the list of commands. */
  readonly summary: string;
  /** Positional arguments as help shows them, such as `<model>`. */
  readonly positionals: readonly Positional[];
  readonly options: Readonly<Record<string, OptionDescription>>;
  readonly examples: readonly (readonly [command: string, what: string])[];
  /** Further help, where there is something to say. */
  readonly notes?: string;
  /** The exit code. */
  run(given: GivenArguments, terminal: Terminal): Promise<number>;
}

export interface Positional {
  readonly name: string;
  readonly isOptional?: boolean;
  readonly description: string;
}

/** What the user typed, checked against the command's description. */
export interface GivenArguments {
  readonly positionals: readonly string[];
  readonly options: Readonly<Record<string, string | true>>;
}

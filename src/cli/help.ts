import { commonOptions } from "./arguments.ts";
import type { Command, OptionDescription } from "./command.ts";

/** What `gradsmith --help` shows. */
export function generalHelp(commands: readonly Command[]): string {
  return [
    "Deep neural networks for TypeScript.",
    "",
    "Usage: gradsmith <command> [options]",
    "",
    "Commands:",
    ...columns(commands.map(({ name, summary }) => [name, summary])),
    "",
    "Options:",
    ...columns([
      ["--help, -h", "show this help, or a command's"],
      ["--version", "show the version"],
      ["--debug", "show where an error comes from"],
    ]),
    "",
    "Examples:",
    ...columns(commands.map(({ examples }) => examples[0]!)),
  ].join("\n");
}

/** What `gradsmith <command> --help` shows. */
export function commandHelp({ name, summary, positionals, options, examples, notes }: Command): string {
  const shown = positionals.map((positional) => (positional.isOptional === true ? `[${positional.name}]` : `<${positional.name}>`));
  return [
    `${summary[0]!.toUpperCase()}${summary.slice(1)}.`,
    "",
    `Usage: ${["gradsmith", name, ...shown, "[options]"].join(" ")}`,
    "",
    ...(positionals.length === 0
      ? []
      : ["Arguments:", ...columns(positionals.map((positional) => [positional.name, positional.description])), ""]),
    "Options:",
    ...columns(Object.entries({ ...options, ...commonOptions }).map(optionRow)),
    "",
    ...(notes === undefined ? [] : [notes, ""]),
    "Examples:",
    ...columns(examples),
  ].join("\n");
}

const optionRow = ([name, { value, description }]: [string, OptionDescription]): [string, string] => [
  `--${name}${value === undefined ? "" : ` ${value}`}${name === "help" ? ", -h" : ""}`,
  description,
];

function columns(rows: readonly (readonly [string, string])[]): string[] {
  const width = Math.max(...rows.map(([left]) => left.length));
  return rows.map(([left, right]) => `  ${left.padEnd(width)}  ${right}`);
}

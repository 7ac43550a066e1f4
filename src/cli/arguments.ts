import { parseArgs } from "node:util";
import { GradsmithError } from "../core/errors.ts";
import { nearest } from "../core/nearest.ts";
import type { Command, GivenArguments, OptionDescription } from "./command.ts";

/** Options that every command has. */
export const commonOptions: Readonly<Record<string, OptionDescription>> = {
  help: { description: "show this help" },
  debug: { description: "show where an error comes from" },
};

/**
 * Sorts what was typed after a command's name.
 *
 * @throws GradsmithError "usage" for an option the command does not have (with the nearest one), a missing value, or an argument too many.
 */
export function parseArguments(command: Command, typed: readonly string[]): GivenArguments {
  const known = { ...command.options, ...commonOptions };
  const options = Object.fromEntries(
    Object.entries(known).map(([name, { value }]) => [
      name,
      { type: value === undefined ? ("boolean" as const) : ("string" as const), ...(name === "help" ? { short: "h" } : {}) },
    ]),
  );
  const { tokens } = parseArgs({ args: [...typed], options, allowPositionals: true, strict: false, tokens: true });
  const positionals: string[] = [];
  const given: Record<string, string | true> = {};
  for (const token of tokens) {
    if (token.kind === "positional") positionals.push(token.value);
    else if (token.kind === "option") given[token.name] = optionValue(command, known, token);
  }
  checkPositionals(command, positionals);
  return { positionals, options: given };
}

interface OptionToken {
  readonly name: string;
  readonly rawName: string;
  readonly value: string | undefined;
  readonly inlineValue: boolean | undefined;
}

function optionValue(
  command: Command,
  known: Readonly<Record<string, OptionDescription>>,
  { name, rawName, value, inlineValue }: OptionToken,
): string | true {
  const description = Object.hasOwn(known, name) ? known[name] : undefined;
  if (description === undefined) {
    const close = nearest(name, Object.keys(known));
    fail(command, `unknown option ${rawName}.${close === undefined ? "" : ` Did you mean --${close}?`}`);
  }
  if (description.value === undefined) {
    if (value !== undefined) fail(command, `${rawName} takes no value, got "${value}".`);
    return true;
  }
  const isOption = value !== undefined && inlineValue !== true && value.startsWith("-") && !/^-[\d.]/.test(value);
  if (value === undefined || value === "" || isOption) fail(command, `${rawName} needs a value, as in ${rawName} ${description.value}.`);
  return value;
}

function checkPositionals(command: Command, positionals: readonly string[]): void {
  const missing = command.positionals.slice(positionals.length).find(({ isOptional }) => isOptional !== true);
  if (missing !== undefined) fail(command, `<${missing.name}> is missing: ${missing.description}.`);
  const extra = positionals[command.positionals.length];
  if (extra !== undefined) fail(command, `there is one argument too many: "${extra}".`);
}

function fail(command: Command, what: string): never {
  throw new GradsmithError("usage", command.name, what, `See gradsmith ${command.name} --help.`);
}

/** The value of a numeric option, or `undefined` when it was not given. */
export function numberOption(given: GivenArguments, name: string, kind: "positive" | "whole"): number | undefined {
  const text = given.options[name];
  if (text === undefined) return undefined;
  const value = Number(text);
  const isFine = Number.isSafeInteger(value) && (kind === "positive" ? value > 0 : value >= 0) && /^\d+$/.test(String(text));
  if (isFine) return value;
  throw new GradsmithError(
    "usage",
    `--${name}`,
    `must be a ${kind === "positive" ? "positive" : "non-negative"} integer, got "${String(text)}".`,
  );
}

/** The value of an option that must be one of some words. */
export function choiceOption<T extends string>(given: GivenArguments, name: string, choices: readonly T[]): T | undefined {
  const text = given.options[name];
  if (text === undefined) return undefined;
  const found = choices.find((choice) => choice === text);
  if (found !== undefined) return found;
  const close = nearest(String(text), choices);
  throw new GradsmithError(
    "usage",
    `--${name}`,
    `"${String(text)}" is not one of ${choices.join(", ")}.${close === undefined ? "" : ` Did you mean "${close}"?`}`,
  );
}

export function textOption(given: GivenArguments, name: string): string | undefined {
  const text = given.options[name];
  return typeof text === "string" ? text : undefined;
}

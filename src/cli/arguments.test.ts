import { describe, expect, test } from "vitest";
import { choiceOption, numberOption, parseArguments, textOption } from "./arguments.ts";
import type { Command } from "./command.ts";

const command: Command = {
  name: "bake",
  summary: "bake a cake",
  positionals: [
    { name: "cake", description: "which one" },
    { name: "tin", isOptional: true, description: "in what" },
  ],
  options: {
    minutes: { value: "N", description: "how long" },
    oven: { value: "NAME", description: "which" },
    quiet: { description: "say nothing" },
  },
  examples: [["gradsmith bake cheese", "a cheese cake"]],
  run: async () => 0,
};
const parse = (...typed: string[]) => parseArguments(command, typed);

test("positionals, flags and values are sorted, in any order and both spellings", () => {
  expect(parse("--minutes", "5", "cheese", "--quiet", "--oven=gas", "round")).toEqual({
    positionals: ["cheese", "round"],
    options: { minutes: "5", quiet: true, oven: "gas" },
  });
  expect(parse("cheese", "--oven=-2")).toEqual({ positionals: ["cheese"], options: { oven: "-2" } });
  expect(parse("cheese", "--minutes", "-2").options).toEqual({ minutes: "-2" });
  expect(parse("--", "--cheese").positionals).toEqual(["--cheese"]);
});

describe("mistakes are said in one sentence", () => {
  test.each<[string[], string]>([
    [["cheese", "--minuts", "5"], "[bake] unknown option --minuts. Did you mean --minutes? See gradsmith bake --help."],
    [["cheese", "-x"], "[bake] unknown option -x. See gradsmith bake --help."],
    [["cheese", "--constructor"], "[bake] unknown option --constructor. See gradsmith bake --help."],
    [["cheese", "--minutes"], "[bake] --minutes needs a value, as in --minutes N. See gradsmith bake --help."],
    [["cheese", "--minutes="], "[bake] --minutes needs a value, as in --minutes N. See gradsmith bake --help."],
    [["cheese", "--minutes", "--quiet"], "[bake] --minutes needs a value, as in --minutes N. See gradsmith bake --help."],
    [["cheese", "--quiet=yes"], '[bake] --quiet takes no value, got "yes". See gradsmith bake --help.'],
    [[], "[bake] <cake> is missing: which one. See gradsmith bake --help."],
    [["a", "b", "c"], '[bake] there is one argument too many: "c". See gradsmith bake --help.'],
  ])("%j", (typed, message) => {
    expect(() => parse(...typed)).toThrow(expect.objectContaining({ message, code: "usage" }));
  });

  test.each(["0", "-3", "1.5", "abc", "1e3", "0x10", "99999999999999999999"])("%s is not a positive integer", (text) => {
    const given = { positionals: [], options: { minutes: text } };
    expect(() => numberOption(given, "minutes", "positive")).toThrow(`[--minutes] must be a positive integer, got "${text}".`);
  });

  test("a word that is not among the choices, with the nearest", () => {
    const given = { positionals: [], options: { oven: "natve" } };
    expect(() => choiceOption(given, "oven", ["auto", "native", "wasm"])).toThrow(
      '[--oven] "natve" is not one of auto, native, wasm. Did you mean "native"?',
    );
  });
});

test("options have the values that were typed, or none", () => {
  const given = { positionals: [], options: { minutes: "12", oven: "gas", quiet: true as const } };
  expect([numberOption(given, "minutes", "positive"), choiceOption(given, "oven", ["gas"]), textOption(given, "oven")]).toEqual([
    12,
    "gas",
    "gas",
  ]);
  expect([numberOption(given, "x", "whole"), choiceOption(given, "x", ["gas"]), textOption(given, "quiet")]).toEqual([
    undefined,
    undefined,
    undefined,
  ]);
  expect(numberOption({ positionals: [], options: { seed: "0" } }, "seed", "whole")).toBe(0);
});

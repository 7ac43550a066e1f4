import { describe, expect, test } from "vitest";
import {
  anyNumber,
  anything,
  between,
  callable,
  choose,
  countingNumber,
  finiteNumber,
  flag,
  knownDType,
  listOf,
  nonNegativeNumber,
  oneOf,
  oneOrMore,
  positiveInteger,
  positiveNumber,
  properFraction,
  text,
  wholeBetween,
  wholeNumber,
} from "./checks.ts";
import { GradsmithError } from "./errors.ts";
import type { Check } from "./options.ts";
import { checkOptions } from "./options.ts";

interface TreeOptions {
  readonly beta1?: number;
  readonly beta2?: number;
  readonly weightDecay?: number;
  readonly height?: number | undefined;
}
const checks = { beta1: between(0, 1), beta2: between(0, 1), weightDecay: nonNegativeNumber, height: positiveInteger };
const plant = (options: object): TreeOptions => checkOptions<TreeOptions>("plant", options, checks);
const list = "Known: beta1, beta2, weightDecay, height.";

const messageOf = (work: () => unknown): string => {
  try {
    work();
  } catch (error) {
    expect(error).toBeInstanceOf(GradsmithError);
    return (error as GradsmithError).message;
  }
  return "nothing was thrown";
};

describe("options", () => {
  test("that are known and fit come back as they were given; undefined is as good as not given", () => {
    const options = { beta1: 0.5, height: undefined };
    expect(plant(options)).toBe(options);
    expect(plant({})).toEqual({});
    expect(plant(Object.create(null) as object)).toEqual({});
  });

  test.each([
    ["nothing like it", { salt: 1 }, `[plant] unknown option "salt". ${list}`],
    ["a slip of the pen", { hieght: 1 }, `[plant] unknown option "hieght". Did you mean "height"? ${list}`],
    ["another case", { Height: 1 }, `[plant] unknown option "Height". Did you mean "height"? ${list}`],
    ["Python's spelling", { weight_decay: 1 }, `[plant] unknown option "weight_decay". Here it is called "weightDecay". ${list}`],
    ["Keras's spelling", { beta_1: 1 }, `[plant] unknown option "beta_1". Here it is called "beta1". ${list}`],
    ["PyTorch's name", { betas: [0.9, 0.999] }, `[plant] unknown option "betas". Here it is called "beta1" and "beta2". ${list}`],
    ["a name that only others know", { dim: 1 }, `[plant] unknown option "dim". ${list}`],
    ["a name that every object has", { constructor: 1 }, `[plant] unknown option "constructor". ${list}`],
    ["one that is undefined", { hieght: undefined }, `[plant] unknown option "hieght". Did you mean "height"? ${list}`],
    ["an inherited one", Object.create({ salt: 1 }) as object, `[plant] unknown option "salt". ${list}`],
  ])("with %s are refused", (_, options, message) => {
    expect(messageOf(() => plant(options))).toBe(message);
  });

  test.each([
    [3, "3"],
    ["tall", '"tall"'],
    [null, "null"],
    [[1, 2], "[1, 2]"],
    [() => 1, "a function"],
  ])("that are %s are no options", (options, shown) => {
    expect(messageOf(() => plant(options as unknown as object))).toBe(
      `[plant] the options must be an object, got ${shown}. Write plant(..., { beta1: ... }).`,
    );
  });

  test("that are missing and needed have their check's message", () => {
    const tall = (options: object) => checkOptions<TreeOptions>("plant", options, checks, ["beta1", "height"]);
    expect(tall({ beta1: 0, height: 1 })).toEqual({ beta1: 0, height: 1 });
    expect(messageOf(() => tall({ beta1: 0 }))).toBe("[plant] height must be a positive integer, got undefined.");
    expect(messageOf(() => tall({ beta1: 0, height: undefined }))).toBe("[plant] height must be a positive integer, got undefined.");
  });

  test("of something that has none", () => {
    const none = (options: object) => checkOptions("relu", options, {});
    expect(messageOf(() => none({ alpha: 1 }))).toBe('[relu] unknown option "alpha". It has no options.');
    expect(messageOf(() => none(1 as unknown as object))).toBe("[relu] the options must be an object, got 1. relu takes none.");
  });
});

describe("what users of Keras, PyTorch and NumPy write has a hint where the call knows ours", () => {
  const refused = (given: string, own: readonly string[]): string =>
    messageOf(() => checkOptions<object>("f", { [given]: 1 }, Object.fromEntries([...own, "other"].map((name) => [name, anything]))));
  const names: readonly (readonly [string, ...string[]])[] = [
    ["lr", "learningRate"],
    ["betas", "beta1", "beta2"],
    ["eps", "epsilon"],
    ["weight_decay", "weightDecay"],
    ["dim", "axis"],
    ["dims", "axes"],
    ["keepdim", "keepDims"],
    ["keepdims", "keepDims"],
    ["input_dim", "inputShape"],
    ["batch_size", "batchSize"],
    ["negative_slope", "negativeSlope"],
    ["alpha", "negativeSlope"],
    ["slope", "negativeSlope"],
    ["drop_last", "dropRemainder"],
    ["dropLast", "dropRemainder"],
    ["num_workers", "workers"],
    ["p", "rate"],
    ["std", "stddev"],
    ["stddev", "std"],
    ["epochs", "maxEpochs"],
    ["input_size", "inputShape"],
    ["minval", "low"],
    ["maxval", "high"],
    ["low", "minval"],
    ["high", "maxval"],
    ["random_state", "seed"],
    ["T_max", "decaySteps"],
    ["fill_value", "value"],
    ["num_classes", "classCount"],
    ["val_split", "validationSplit"],
  ];
  test.each(names)("%s", (given, ...own) => {
    expect(refused(given, own)).toBe(
      `[f] unknown option "${given}". Here it is called ${own.map((name) => `"${name}"`).join(" and ")}. Known: ${own.join(", ")}, other.`,
    );
    expect(refused(given, ["nothing"])).toBe(`[f] unknown option "${given}". Known: nothing, other.`);
  });

  test.each([
    ["n_epochs", "epochs"],
    ["num_epochs", "epochs"],
    ["dilation_rate", "dilation"],
    ["dilations", "dilation"],
    ["stride", "strides"],
    ["validation_set", "validationData"],
    ["sample_weights", "sampleWeight"],
    ["hasaux", "hasAux"],
  ])("%s, by its likeness", (given, own) => {
    expect(refused(given, [own])).toBe(`[f] unknown option "${given}". Did you mean "${own}"? Known: ${own}, other.`);
  });
});

describe("values", () => {
  const cases: readonly [string, Check, readonly unknown[], readonly [unknown, string][]][] = [
    [
      "positiveInteger",
      positiveInteger,
      [1, 2 ** 40],
      [
        [0, "a positive integer, got 0."],
        [1.5, "a positive integer, got 1.5."],
      ],
    ],
    [
      "positiveInteger",
      positiveInteger,
      [],
      [
        ["1", 'a positive integer, got "1".'],
        [1e300, "a positive integer, got 1e+300."],
      ],
    ],
    ["countingNumber", countingNumber, [0, 7], [[-1, "a whole number of at least 0, got -1."]]],
    ["wholeNumber", wholeNumber, [0, -7], [[Number.NaN, "a whole number, got NaN."]]],
    [
      "finiteNumber",
      finiteNumber,
      [-0.5],
      [
        [Infinity, "a finite number, got Infinity."],
        [null, "a finite number, got null."],
      ],
    ],
    [
      "positiveNumber",
      positiveNumber,
      [0.5],
      [
        [0, "a positive number, got 0."],
        [true, "a positive number, got true."],
      ],
    ],
    ["nonNegativeNumber", nonNegativeNumber, [0, 2.5], [[-1e-9, "a number of at least 0, got -1e-9."]]],
    [
      "properFraction",
      properFraction,
      [0, 0.999],
      [
        [1, "at least 0 and less than 1, got 1."],
        ["0", 'at least 0 and less than 1, got "0".'],
      ],
    ],
    [
      "between",
      between(-1, 1),
      [-1, 0, 1],
      [
        [1.1, "between -1 and 1, got 1.1."],
        [Number.NaN, "between -1 and 1, got NaN."],
      ],
    ],
    [
      "wholeBetween",
      wholeBetween(1, 4),
      [1, 4],
      [
        [5, "between 1 and 4, got 5."],
        [2.5, "a whole number, got 2.5."],
      ],
    ],
    [
      "flag",
      flag,
      [true, false],
      [
        [0, "true or false, got 0."],
        ["yes", 'true or false, got "yes".'],
      ],
    ],
    [
      "text",
      text,
      ["", "a"],
      [
        [["a"], 'a text, got ["a"].'],
        [{}, "a text, got an object."],
      ],
    ],
    ["callable", callable, [() => 1], [["f", 'a function, got "f".']]],
    ["listOf", listOf(countingNumber), [[], [0, 1]], [[0, "an array, got 0."]]],
    [
      "oneOf",
      oneOf("min", "max", 0),
      ["min", 0],
      [
        ["mix", '"min", "max" or 0, got "mix". Did you mean "min"?'],
        [1, '"min", "max" or 0, got 1.'],
      ],
    ],
    ["anyNumber", anyNumber, [0, Number.NaN, -Infinity], [["0", 'a number, got "0".']]],
    ["oneOrMore", oneOrMore(wholeNumber), [1, [1, 2]], [["1", 'a whole number, got "1".']]],
    ["oneOf", oneOf("same"), ["same"], [["valid", '"same", got "valid".']]],
  ];
  test.each(cases)("%s", (_, check, good, bad) => {
    for (const value of good) expect(check("f", "x", value)).toBe(value);
    for (const [value, wanted] of bad) expect(messageOf(() => check("f", "x", value))).toBe(`[f] x must be ${wanted}`);
  });

  test("what is wrong in a list has its place, and a long list is only counted", () => {
    expect(messageOf(() => listOf(countingNumber)("f", "x", [0, -1]))).toBe("[f] x[1] must be a whole number of at least 0, got -1.");
    expect(messageOf(() => flag("f", "x", new Array(9).fill(0)))).toBe("[f] x must be true or false, got an array of 9.");
  });

  test("a dtype, with ours for NumPy's and PyTorch's", () => {
    const known = 'Use "bool", "u8", "u32", "i32", "bf16", "f16", "f32" or "f64".';
    expect(knownDType("zeros", "dtype", "bf16")).toBe("bf16");
    const wrong = (dtype: unknown) => messageOf(() => knownDType("zeros", "dtype", dtype));
    expect(wrong("f128")).toBe(`[zeros] unknown dtype "f128". ${known}`);
    expect(wrong("toString")).toBe(`[zeros] unknown dtype "toString". ${known}`);
    expect(wrong(32)).toBe(`[zeros] unknown dtype 32. ${known}`);
    for (const [theirs, ours] of Object.entries({ float32: "f32", bfloat16: "bf16", int32: "i32", uint8: "u8", boolean: "bool" }))
      expect(wrong(theirs)).toBe(`[zeros] unknown dtype "${theirs}". Did you mean "${ours}"? ${known}`);
  });

  test("an entry of a table", () => {
    const table = { adam: 1, sgd: 2 };
    expect(choose("compile", "optimizer", "sgd", table)).toBe(2);
    const wrong = (name: unknown) => messageOf(() => choose("compile", "optimizer", name as string, table));
    expect(wrong("Adam")).toBe('[compile] unknown optimizer "Adam". Did you mean "adam"? Known: adam, sgd.');
    expect(wrong("lion")).toBe('[compile] unknown optimizer "lion". Known: adam, sgd.');
    expect(wrong(3)).toBe("[compile] unknown optimizer 3. Known: adam, sgd.");
  });
});

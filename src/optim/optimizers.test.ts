import { describe, expect, test } from "vitest";
import { refusal } from "../../test/refusal.ts";
import { adam } from "./adam.ts";
import { adamW } from "./adam-w.ts";
import { clipByGlobalNorm, clipByNorm, clipByValue } from "./clip.ts";
import type { Optimizer } from "./optimizer.ts";
import type { OptimizerName } from "./optimizers.ts";
import { optimizerOf, optimizers } from "./optimizers.ts";

type Factory = (options?: object) => Optimizer;
const factories = Object.entries(optimizers) as [OptimizerName, Factory][];

describe.each(factories)("%s", (name, factory) => {
  test("builds itself again from its options, whether given or defaults", () => {
    const { kind, options } = factory({ learningRate: 0.5 });
    expect(kind).toBe(name);
    expect(factory(options).options).toEqual(options);
    expect(factory(factory().options).options).toEqual(factory().options);
  });

  test("refuses what is no option, and PyTorch's name for the rate with ours", async () => {
    const known = `Known: ${Object.keys(factory().options).join(", ")}.`;
    const [code, message] = await refusal(() => factory({ notAnOption: 1 }));
    expect([code, message.slice(0, message.indexOf(".") + 1)]).toEqual(["option", `[${name}] unknown option "notAnOption".`]);
    expect(await refusal(() => factory({ lr: 1 }))).toEqual([
      "option",
      `[${name}] unknown option "lr". Here it is called "learningRate". ${known}`,
    ]);
    expect(await refusal(() => factory(0.1 as unknown as object))).toEqual([
      "option",
      `[${name}] the options must be an object, got 0.1. Write ${name}(..., { learningRate: ... }).`,
    ]);
  });

  test.each([-1, Number.NaN, Number.POSITIVE_INFINITY, "0.1", null])("refuses the rate %s", async (learningRate) => {
    expect(await refusal(() => factory({ learningRate }))).toEqual([
      "option",
      `[${name}] learningRate must be a number of at least 0 or a schedule, got ${JSON.stringify(learningRate) === "null" ? String(learningRate) : JSON.stringify(learningRate)}. Typical values are 0.1 to 0.0001.`,
    ]);
  });

  test("refuses NaN and text for each of its numbers, and numbers for each of its flags", async () => {
    for (const [option, value] of Object.entries(factory().options)) {
      for (const wrong of [Number.NaN, "0.5", typeof value === "boolean" ? 1 : -1])
        expect(await refusal(() => factory({ [option]: wrong })), option).toEqual([
          "option",
          expect.stringMatching(`^\\[${name}\\] ${option} must be `),
        ]);
    }
  });
});

describe("values", () => {
  test.each([
    ["a first moment that forgets nothing", () => adam({ beta1: 1 }), "[adam] beta1 must be at least 0 and less than 1, got 1."],
    ["adamW's own name, not adam's", () => adamW({ beta2: 2 }), "[adamW] beta2 must be at least 0 and less than 1, got 2."],
    ["a growing weight", () => adamW({ weightDecay: -0.1 }), "[adamW] weightDecay must be a number of at least 0, got -0.1."],
    ["a text for a flag", () => adam({ amsgrad: "yes" as never }), '[adam] amsgrad must be true or false, got "yes".'],
  ])("%s", async (_, work, message) => {
    expect(await refusal(work)).toEqual(["option", message]);
  });
});

describe("by name", () => {
  test("the one with its defaults, and the nearest for a slip", async () => {
    expect(optimizerOf("compile", "adamW").options).toEqual(adamW().options);
    const mine = adam();
    expect(optimizerOf("compile", mine)).toBe(mine);
    expect(await refusal(() => optimizerOf("compile", "adma" as OptimizerName))).toEqual([
      "option",
      '[compile] unknown optimizer "adma". Did you mean "adam"? Known: sgd, adam, adamW, adamax, rmsprop, adagrad, adadelta.',
    ]);
    // @ts-expect-error: a name that is none does not compile.
    await refusal(() => optimizerOf("compile", "adma"));
  });

  test("a factory is no optimizer", async () => {
    expect(await refusal(() => optimizerOf("compile", adam as unknown as Optimizer))).toEqual([
      "option",
      "[compile] needs an optimizer, got a function. Write adam(), or the name of one.",
    ]);
  });
});

describe("clipping", () => {
  test.each(Object.entries({ clipByNorm, clipByGlobalNorm, clipByValue }))(
    "%s refuses limits and optimizers that are none",
    async (name, clip) => {
      expect(await refusal(() => clip(0, adam()))).toEqual(["option", `[${name}] the limit must be a positive number, got 0.`]);
      expect(await refusal(() => clip(adam() as never, 1 as never))).toEqual([
        "option",
        `[${name}] the limit must be a positive number, got an object.`,
      ]);
      expect(await refusal(() => clip(1, "adam" as never))).toEqual([
        "option",
        `[${name}] needs an optimizer, got adam. Write ${name}(1, adam()).`,
      ]);
    },
  );
});

import { describe, expect, test } from "vitest";
import { evaluated } from "../../test/contract/evaluated.ts";
import { refusal } from "../../test/refusal.ts";
import { full } from "../tensor/create.ts";
import type { Schedule } from "./optimizer.ts";
import {
  cosineDecay,
  exponentialDecay,
  inverseTimeDecay,
  piecewiseConstant,
  piecewiseConstantDecay,
  polynomialDecay,
  schedules,
  stepDecay,
} from "./schedules.ts";

const rateAt = (schedule: Schedule, step: number): number => evaluated(schedule(full([], step, { dtype: "f64" })))[0]!;

test("stepDecay falls at once, by its formula: as exponentialDecay with staircase does", () => {
  const schedule = stepDecay(0.8, { decaySteps: 3, decayRate: 0.5 });
  const rates = [0, 2, 3, 5, 6, 8, 9].map((step) => rateAt(schedule, step));
  expect(rates).toEqual([0.8, 0.8, 0.4, 0.4, 0.2, 0.2, 0.1].map((rate) => expect.closeTo(rate, 12)));
});

test("the namespace holds the functions of the root", () => {
  expect(schedules).toEqual({ stepDecay, exponentialDecay, inverseTimeDecay, polynomialDecay, cosineDecay, piecewiseConstantDecay });
});

describe("what is refused", () => {
  const steps = { decaySteps: 10, decayRate: 0.5 };
  test.each([
    [
      "an unknown option",
      () => cosineDecay(0.1, { decaySteps: 10, T_max: 5 } as never),
      '[cosineDecay] unknown option "T_max". Here it is called "decaySteps". Known: decaySteps, alpha, warmupTarget, warmupSteps.',
    ],
    [
      "stairs where there are only stairs",
      () => stepDecay(0.1, { ...steps, staircase: true } as never),
      '[stepDecay] unknown option "staircase". Known: decaySteps, decayRate.',
    ],
    [
      "no options",
      () => exponentialDecay(0.1, undefined as never),
      "[exponentialDecay] the options must be an object, got undefined. Write exponentialDecay(..., { decaySteps: ... }).",
    ],
    [
      "steps that are missing",
      () => polynomialDecay(0.1, {} as never),
      "[polynomialDecay] decaySteps must be a positive number, got undefined.",
    ],
    ["no steps", () => cosineDecay(0.1, { decaySteps: 0 }), "[cosineDecay] decaySteps must be a positive number, got 0."],
    [
      "a factor that is missing",
      () => inverseTimeDecay(0.1, { decaySteps: 1 } as never),
      "[inverseTimeDecay] decayRate must be a positive number, got undefined.",
    ],
    [
      "a factor that is none",
      () => exponentialDecay(0.1, { ...steps, decayRate: -0.5 }),
      "[exponentialDecay] decayRate must be a positive number, got -0.5.",
    ],
    [
      "a first rate that is none",
      () => stepDecay("0.1" as never, steps),
      '[stepDecay] the initial rate must be a number of at least 0, got "0.1".',
    ],
    [
      "an end that is none",
      () => polynomialDecay(0.1, { decaySteps: 1, end: Number.NaN }),
      "[polynomialDecay] end must be a number of at least 0, got NaN.",
    ],
    ["more than the whole", () => cosineDecay(0.1, { decaySteps: 1, alpha: 2 }), "[cosineDecay] alpha must be between 0 and 1, got 2."],
    [
      "a warm-up to nowhere",
      () => cosineDecay(0.1, { decaySteps: 1, warmupSteps: 5 }),
      "[cosineDecay] warmupSteps was given without warmupTarget. Say which rate the warm-up reaches.",
    ],
    [
      "values that don't suit",
      () => piecewiseConstantDecay([5], [0.1]),
      "[piecewiseConstantDecay] 1 boundaries need 2 values, got 1. Give one value for before the first boundary and one for after each.",
    ],
    [
      "boundaries that descend",
      () => piecewiseConstantDecay([5, 5], [3, 2, 1]),
      "[piecewiseConstantDecay] boundaries must ascend, got [5, 5].",
    ],
    [
      "values that are none",
      () => piecewiseConstantDecay([5], [0.1, Number.NaN]),
      "[piecewiseConstantDecay] values[1] must be a number of at least 0, got NaN.",
    ],
    [
      "boundaries that are none",
      () => piecewiseConstantDecay(5 as never, [0.1]),
      "[piecewiseConstantDecay] boundaries must be an array, got 5.",
    ],
  ])("%s", async (_, work, message) => {
    expect(await refusal(work)).toEqual(["option", message]);
  });

  test("the old name, with the new one", async () => {
    expect(await refusal(() => piecewiseConstant([5], [0.1, 0.01]))).toEqual([
      "usage",
      "[piecewiseConstant] is called piecewiseConstantDecay here. Write schedules.piecewiseConstantDecay(boundaries, values).",
    ]);
  });
});

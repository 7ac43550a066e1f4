import { describe, expect, it } from "vitest";
import { constraintOf, constraints } from "../../src/nn/constraints.ts";
import { distance, evaluated, flat } from "../contract/evaluated.ts";
import { f64 } from "../contract/optimizer.ts";
import { kerasFixture } from "../fixtures/keras/read.ts";

interface Case {
  readonly name: string;
  readonly options: object;
  readonly shape: readonly number[];
  readonly x: unknown;
  readonly value: unknown;
}
const { cases } = kerasFixture<{ readonly cases: readonly Case[] }>("constraints");

describe("constraints agree with Keras", () => {
  for (const { name, options, shape, x, value } of cases) {
    it(`${name} ${JSON.stringify(options)}`, () => {
      const constrained = constraintOf("test", [name, options])!.apply(f64(x, shape));
      expect(constrained.shape).toEqual(shape);
      expect(distance(evaluated(constrained), flat(value))).toBeLessThan(1e-6);
    });
  }

  it("covers every constraint", () => {
    expect(new Set(cases.map(({ name }) => name))).toEqual(new Set(Object.keys(constraints)));
  });
});

describe("constraints as users write them", () => {
  it("maxNorm takes the norm by place, and is saved with it", () => {
    const { kind, options, apply } = constraints.maxNorm(1, { axis: 1 });
    expect([kind, options]).toEqual(["maxNorm", { maxValue: 1, axis: 1 }]);
    expect(evaluated(apply(f64([3, 4], [1, 2])))).toEqual(
      evaluated(constraintOf("test", ["maxNorm", options])!.apply(f64([3, 4], [1, 2]))),
    );
  });

  it("what can't be is refused", () => {
    expect(() => constraints.maxNorm(-1)).toThrow("[maxNorm] maxValue must be a positive number, got -1.");
    expect(() => constraints.minMaxNorm({ minValue: 2 })).toThrow(
      "[minMaxNorm] minValue is 2 and maxValue only 1. Swap them, or give both.",
    );
    expect(() => constraints.unitNorm({ axis: 0.5 })).toThrow("[unitNorm] axis must be a whole number or a list of them, got 0.5.");
    expect(() => constraints.nonNegative({ axis: 0 } as never)).toThrow('[nonNegative] unknown option "axis". It has no options.');
    expect(() => constraintOf("dense", "nonNegativ")).toThrow('[dense] unknown constraint "nonNegativ". Did you mean "nonNegative"?');
  });
});

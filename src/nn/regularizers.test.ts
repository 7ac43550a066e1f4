import { expect, it } from "vitest";
import { evaluated } from "../../test/contract/evaluated.ts";
import { savedForm } from "../core/described.ts";
import { tensor } from "../tensor/create.ts";
import { l1, l1l2, l2, regularizerOf, regularizers } from "./regularizers.ts";

const x = tensor(Float64Array.of(1, -2, 3));
const penalty = (of: ReturnType<typeof regularizerOf>): number => evaluated(of!.penalty(x))[0]!;

it("penalties are those of the formulas, by number, by name and by name with options", () => {
  expect(penalty(l1(0.5))).toBe(3);
  expect(penalty(l2(0.5))).toBe(7);
  expect(penalty(l1l2({ l1: 0.5, l2: 2 }))).toBe(31);
  expect(penalty(regularizers.l2())).toBeCloseTo(0.14, 12);
  expect(penalty(regularizerOf("test", "l1"))).toBeCloseTo(0.06, 12);
  expect(penalty(regularizerOf("test", ["l2", { l2: 1 }]))).toBe(14);
  expect(regularizerOf("test", undefined)).toBe(undefined);
});

it("the saved form builds the same again", () => {
  const form = savedForm(l2(0.5), () => true);
  expect(form).toEqual(["l1l2", { l1: 0, l2: 0.5 }]);
  expect(penalty(regularizerOf("test", form))).toBe(7);
});

it("what can't be is refused", () => {
  expect(() => l2(-1)).toThrow("[l2] the factor must be a number of at least 0, got -1.");
  expect(() => l2({ l2: 1 } as never)).toThrow("[l2] the factor must be a number of at least 0, got an object.");
  expect(() => l1l2({ l3: 1 } as never)).toThrow('[l1l2] unknown option "l3". Did you mean "l1"? Known: l1, l2.');
  expect(() => regularizerOf("dense", "l3")).toThrow('[dense] unknown regularizer "l3". Did you mean "l1"?');
});

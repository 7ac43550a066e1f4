import { describe, expect, it } from "vitest";
import { grad } from "../../src/autodiff/grad.ts";
import { savedForm } from "../../src/core/described.ts";
import { activationOf, activations } from "../../src/nn/activations.ts";
import { logitsOf } from "../../src/nn/carried.ts";
import { tensor } from "../../src/tensor/create.ts";
import type { Tensor } from "../../src/tensor/tensor.ts";
import { distance, evaluated, flat } from "../contract/evaluated.ts";
import { f64 } from "../contract/optimizer.ts";
import { kerasFixture } from "../fixtures/keras/read.ts";

/** Keras keeps some constants and intermediate values in f32. */
const tolerance = 1e-6;

interface Fixture {
  readonly x: unknown;
  readonly weights: unknown;
  readonly cases: readonly { readonly name: string; readonly options: object; readonly value: unknown; readonly gradient: unknown }[];
}
const { x, weights, cases } = kerasFixture<Fixture>("activations");

describe("activations agree with Keras in value and gradient", () => {
  for (const { name, options, value, gradient } of cases) {
    it(`${name} ${JSON.stringify(options)}`, () => {
      const activation = activationOf("test", [name, options]);
      const input = f64(x, [2, 4]);
      expect(distance(evaluated(activation.call(input)), flat(value))).toBeLessThan(tolerance);
      const slope = grad((z: Tensor) =>
        activation
          .call(z)
          .mul(f64(weights, [2, 4]))
          .sum(),
      )(input);
      expect(distance(evaluated(slope), flat(gradient))).toBeLessThan(tolerance);
    });
  }

  it("covers every activation but step, which Keras has not, and silu, which is swish", () => {
    const covered = new Set(cases.map(({ name }) => name));
    expect(Object.keys(activations).filter((name) => !covered.has(name))).toEqual(["step", "silu"]);
  });
});

describe("activations by their definition", () => {
  it("step is 1 from 0 on", () => {
    expect(evaluated(activationOf("test", "step").call(tensor([-2, -0.1, 0, 3])))).toEqual([0, 0, 1, 1]);
  });

  it("no gradient is NaN far from zero", () => {
    for (const name of Object.keys(activations)) {
      const activation = activationOf("test", name);
      const slope = grad((z: Tensor) => activation.call(z).sum())(tensor(Float64Array.of(-700, -90, 0, 90, 700)));
      for (const value of evaluated(slope)) expect(Number.isNaN(value), name).toBe(false);
    }
  });

  it("the saved form builds the same activation again", () => {
    expect(savedForm(activations.leakyRelu({ negativeSlope: 0.3 }), () => true)).toEqual(["leakyRelu", { negativeSlope: 0.3 }]);
    expect(savedForm(activationOf("test", "relu"), () => true)).toBe("relu");
  });

  it("sigmoid and softmax carry the logits they were computed from, and nothing else does", () => {
    const z = tensor([[1, -2, 3]]);
    for (const [name, make] of Object.entries(activations)) {
      const carried = logitsOf(make().call(z));
      const distribution = name === "sigmoid" ? "bernoulli" : name === "softmax" ? "categorical" : undefined;
      expect(carried?.distribution, name).toBe(distribution);
      if (carried !== undefined) expect(evaluated(carried.logits)).toEqual([1, -2, 3]);
    }
  });

  it("an unknown name is answered with the nearest, an unknown option with what it is called here", () => {
    expect(() => activationOf("dense", "rleu")).toThrow('[dense] unknown activation "rleu". Did you mean "relu"?');
    expect(() => activationOf("dense", ["leakyRelu", { slope: 0.3 }])).toThrow(
      '[leakyRelu] unknown option "slope". Here it is called "negativeSlope". Known: negativeSlope.',
    );
    expect(() => activationOf("dense", ["relu", { alpha: 0.3 }])).toThrow('[relu] unknown option "alpha". It has no options.');
    expect(() => activations.leakyRelu(0.1 as never)).toThrow(
      "[leakyRelu] the options must be an object, got 0.1. Write leakyRelu(..., { negativeSlope: ... }).",
    );
  });

  it("a function of one's own works and can't be saved", () => {
    const mine = activationOf("dense", (z) => z.square());
    expect(evaluated(mine.call(tensor([3])))).toEqual([9]);
    expect(() => savedForm(mine, () => true)).toThrow(
      "[custom] a function of your own can't be saved as data. Choose a named one, or save only the weights.",
    );
  });
});

import { describe, expect, it } from "vitest";
import { evaluated } from "../../test/contract/evaluated.ts";
import { inNightly } from "../../test/nightly.ts";
import { random } from "../tensor/random.ts";
import { initializerOf, initializers } from "./initializers.ts";

const [inputs, outputs] = inNightly([120, 80], [300, 200]);
const count = inputs * outputs;
const draw = (name: string, shape = [inputs, outputs], seed = 1): number[] =>
  evaluated(initializerOf("test", name).create(shape, random.key(seed)));
const moments = (xs: readonly number[]): { mean: number; variance: number; largest: number } => {
  const mean = xs.reduce((a, b) => a + b, 0) / xs.length;
  return { mean, variance: xs.reduce((a, x) => a + (x - mean) ** 2, 0) / xs.length, largest: Math.max(...xs.map(Math.abs)) };
};

describe(`initializers by their formulas, on ${inputs} inputs and ${outputs} outputs`, () => {
  // Five standard deviations of a normal sample's variance.
  const most = 5 * Math.sqrt(2 / count);
  const variances = {
    glorotUniform: 2 / (inputs + outputs),
    glorotNormal: 2 / (inputs + outputs),
    heUniform: 2 / inputs,
    heNormal: 2 / inputs,
    lecunUniform: 1 / inputs,
    lecunNormal: 1 / inputs,
    randomUniform: 0.1 ** 2 / 12,
    randomNormal: 0.05 ** 2,
    truncatedNormal: (0.05 * 0.87962566) ** 2,
  };
  for (const [name, variance] of Object.entries(variances)) {
    it(`${name} has mean 0 and variance ${variance.toPrecision(3)}`, () => {
      const found = moments(draw(name));
      expect(Math.abs(found.mean)).toBeLessThan(4 * Math.sqrt(variance / count));
      expect(Math.abs(found.variance / variance - 1)).toBeLessThan(most);
    });
  }

  it.each([
    [{}, 1 / inputs],
    [{ scale: 2, mode: "fanOut" }, 2 / outputs],
    [{ scale: 0.5, mode: "fanAvg", distribution: "uniform" }, 1 / (inputs + outputs)],
    [{ mode: "fanIn", distribution: "untruncatedNormal" }, 1 / inputs],
  ] as const)("varianceScaling %j has variance scale / fan", (options, variance) => {
    const { variance: found, largest } = moments(evaluated(initializers.varianceScaling(options).create([inputs, outputs], random.key(3))));
    expect(Math.abs(found / variance - 1)).toBeLessThan(most);
    const limit = { uniform: Math.sqrt(3), untruncatedNormal: 6, truncatedNormal: 2 / 0.87962566 };
    expect(largest / Math.sqrt(variance)).toBeLessThan(limit["distribution" in options ? options.distribution : "truncatedNormal"] + 1e-6);
  });

  it("randomUniform and randomNormal lie where they are told to", () => {
    const uniform = moments(evaluated(initializers.randomUniform({ minval: 2, maxval: 4 }).create([inputs, outputs], random.key(3))));
    expect(uniform.mean).toBeCloseTo(3, 1);
    expect(uniform.largest).toBeLessThan(4);
    const normal = moments(evaluated(initializers.randomNormal({ mean: -1, stddev: 2 }).create([inputs, outputs], random.key(3))));
    expect(normal.mean).toBeCloseTo(-1, 1);
    expect(normal.variance).toBeCloseTo(4, 0);
  });

  it("what can't be is refused", () => {
    expect(() => initializers.randomUniform({ minval: 1 })).toThrow(
      "[randomUniform] minval is 1 and maxval only 0.05. Swap them, or give both.",
    );
    expect(() => initializers.randomNormal({ stddev: -1 })).toThrow("[randomNormal] stddev must be a number of at least 0, got -1.");
    expect(() => initializers.varianceScaling({ mode: "fan_in" as never })).toThrow(
      '[varianceScaling] mode must be "fanIn", "fanOut" or "fanAvg", got "fan_in". Did you mean "fanIn"?',
    );
    for (const [name, make] of Object.entries(initializers))
      expect(() => make({ seed: 1 } as never), name).toThrow(`[${name}] unknown option "seed".`);
  });

  it("glorotUniform stays within its limit, and comes near it", () => {
    const { largest } = moments(draw("glorotUniform"));
    expect(largest).toBeLessThanOrEqual(Math.sqrt(6 / (inputs + outputs)) + 1e-9);
    expect(largest).toBeGreaterThan(0.99 * Math.sqrt(6 / (inputs + outputs)));
  });

  it("a window counts as inputs: heNormal on [3, 3, 8, 16]", () => {
    expect(moments(draw("heNormal", [3, 3, 8, 160])).variance / (2 / 72)).toBeCloseTo(1, 1);
  });

  it("the same key gives the same values, another key others", () => {
    expect(draw("glorotUniform", [3, 4])).toEqual(draw("glorotUniform", [3, 4]));
    expect(draw("glorotUniform", [3, 4], 2)).not.toEqual(draw("glorotUniform", [3, 4]));
  });

  it.each([
    [4, 6],
    [6, 4],
    [2, 3, 5],
  ])("orthogonal has orthonormal rows or columns: %i, %i, %s", (...given) => {
    const shape = given.filter((size) => size !== undefined);
    const columns = shape.at(-1)!;
    const values = draw("orthogonal", shape);
    const rows = values.length / columns;
    const vectors = Array.from({ length: Math.min(rows, columns) }, (_, i) =>
      Array.from({ length: Math.max(rows, columns) }, (_, j) => (rows <= columns ? values[i * columns + j]! : values[j * columns + i]!)),
    );
    for (const [i, a] of vectors.entries()) {
      for (const [j, b] of vectors.entries()) {
        const product = a.reduce((sum, x, k) => sum + x * b[k]!, 0);
        expect(Math.abs(product - (i === j ? 1 : 0))).toBeLessThan(1e-12);
      }
    }
  });

  it("constants and the identity", () => {
    expect(draw("zeros", [2])).toEqual([0, 0]);
    expect(draw("ones", [2])).toEqual([1, 1]);
    expect(evaluated(initializerOf("test", ["constant", { value: 3 }]).create([2], random.key(0)))).toEqual([3, 3]);
    expect(draw("identity", [2, 3])).toEqual([1, 0, 0, 0, 1, 0]);
  });
});

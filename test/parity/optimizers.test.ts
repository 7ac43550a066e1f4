import { describe, expect, it } from "vitest";
import { clipByGlobalNorm, clipByNorm, clipByValue } from "../../src/optim/clip.ts";
import type { Optimizer } from "../../src/optim/optimizer.ts";
import { optimizers } from "../../src/optim/optimizers.ts";
import type { CosineDecayOptions, DecayOptions, PolynomialDecayOptions } from "../../src/optim/schedules.ts";
import { cosineDecay, exponentialDecay, inverseTimeDecay, piecewiseConstantDecay, polynomialDecay } from "../../src/optim/schedules.ts";
import { sgd } from "../../src/optim/sgd.ts";
import { updateTree } from "../../src/optim/update-tree.ts";
import { full, tensor } from "../../src/tensor/create.ts";
import { distance, evaluated, flat } from "../contract/evaluated.ts";
import { checkOptimizer, f64 } from "../contract/optimizer.ts";
import { kerasFixture } from "../fixtures/keras/read.ts";

interface Fixture {
  readonly start: unknown;
  readonly gradients: readonly unknown[];
  readonly cases: readonly { readonly name: keyof typeof optimizers; readonly options: object; readonly after: readonly unknown[] }[];
  readonly clipInput: readonly unknown[];
  readonly clipped: Readonly<Record<string, readonly unknown[]>>;
  readonly steps: readonly number[];
  readonly schedules: Readonly<
    Record<string, { readonly options: { readonly initial: number } & object; readonly rates: readonly number[] }>
  >;
}
const fixture = kerasFixture<Fixture>("optimizers");

describe("every optimizer keeps the contract", () => {
  for (const { name, options, after } of fixture.cases) {
    const make = optimizers[name] as (options: object) => Optimizer;
    checkOptimizer(`${name} ${JSON.stringify(options)}`, make(options), { start: fixture.start, gradients: fixture.gradients, after });
  }
});

describe("clipping agrees with Keras", () => {
  const cases = {
    clipByNorm: clipByNorm(1.5, sgd({ learningRate: 1 })),
    clipByValue: clipByValue(0.5, sgd({ learningRate: 1 })),
    clipByGlobalNorm: clipByGlobalNorm(2, sgd({ learningRate: 1 })),
  };
  for (const [name, optimizer] of Object.entries(cases)) {
    it(name, () => {
      const shape = [2, 3];
      const params = { a: f64(fixture.start, shape), b: f64(fixture.start, shape) };
      const grads = { a: f64(fixture.clipInput[0], shape), b: f64(fixture.clipInput[1], shape) };
      const update = updateTree(optimizer, { params, slots: {}, step: tensor(Int32Array.of(0), { shape: [] }) }, grads);
      (["a", "b"] as const).forEach((p, i) => {
        expect(distance(evaluated(params[p].sub(update.params[p]!)), flat(fixture.clipped[name]![i]))).toBeLessThan(1e-9);
      });
    });
  }
});

describe("learning-rate schedules agree with Keras", () => {
  const make: Readonly<Record<string, (initial: number, options: never) => ReturnType<typeof exponentialDecay>>> = {
    exponentialDecay: (initial, options: DecayOptions) => exponentialDecay(initial, options),
    exponentialDecayStaircase: (initial, options: DecayOptions) => exponentialDecay(initial, options),
    inverseTimeDecay: (initial, options: DecayOptions) => inverseTimeDecay(initial, options),
    polynomialDecay: (initial, options: PolynomialDecayOptions) => polynomialDecay(initial, options),
    cosineDecay: (initial, options: CosineDecayOptions) => cosineDecay(initial, options),
    cosineDecayWarmup: (initial, options: CosineDecayOptions) => cosineDecay(initial, options),
    piecewiseConstant: (_initial, { boundaries, values }: { readonly boundaries: number[]; readonly values: number[] }) =>
      piecewiseConstantDecay(boundaries, values),
  };
  for (const [name, { options, rates }] of Object.entries(fixture.schedules)) {
    it(name, () => {
      const { initial, ...others } = options;
      const schedule = make[name]!(initial, others as never);
      const ours = fixture.steps.map((step) => evaluated(schedule(full([], step, { dtype: "f64" })))[0]!);
      expect(distance(ours, rates)).toBeLessThan(1e-6);
    });
  }
});

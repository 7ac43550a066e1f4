import { describe, expect, it } from "vitest";
import { valueAndGrad } from "../../src/autodiff/grad.ts";
import { batchNormalization } from "../../src/nn/layers/batch-normalization.ts";
import { VariableScope } from "../../src/nn/variable-scope.ts";
import type { Tensor } from "../../src/tensor/tensor.ts";
import { distance, evaluated, flat } from "../contract/evaluated.ts";
import { f64 } from "../contract/optimizer.ts";
import { kerasFixture } from "../fixtures/keras/read.ts";

/** Keras keeps some constants and intermediate values in f32. */
const tolerance = 1e-6;

type Name =
  | "x"
  | "weights"
  | "gamma"
  | "beta"
  | "movingMean"
  | "movingVariance"
  | "inference"
  | "training"
  | "newMovingMean"
  | "newMovingVariance";
type Fixture = Readonly<Record<Name, unknown>> & { readonly gradients: Readonly<Record<"gamma" | "beta" | "x", unknown>> };
const fixture = kerasFixture<Fixture>("batch-normalization");
const layer = batchNormalization();
const names = new Map([[layer, "norm"]]);
const vector = (name: Name): Tensor => f64(fixture[name], [3]);
const variables = {
  "norm/gamma": vector("gamma"),
  "norm/beta": vector("beta"),
  "norm/movingMean": vector("movingMean"),
  "norm/movingVariance": vector("movingVariance"),
};
const x = f64(fixture.x, [6, 3]);

describe("batchNormalization agrees with Keras", () => {
  it("at inference", () => {
    const scope = new VariableScope(names, variables);
    expect(distance(evaluated(scope.call(layer, x)), flat(fixture.inference))).toBeLessThan(tolerance);
    expect(scope.written).toEqual({});
  });

  it("in training, with its moving statistics", () => {
    const scope = new VariableScope(names, variables, { training: true });
    expect(distance(evaluated(scope.call(layer, x)), flat(fixture.training))).toBeLessThan(tolerance);
    expect(distance(evaluated(scope.written["norm/movingMean"]!), flat(fixture.newMovingMean))).toBeLessThan(tolerance);
    expect(distance(evaluated(scope.written["norm/movingVariance"]!), flat(fixture.newMovingVariance))).toBeLessThan(tolerance);
  });

  it("in its gradients", () => {
    const f = ({ gamma, beta, x: input }: { gamma: Tensor; beta: Tensor; x: Tensor }): Tensor =>
      new VariableScope(names, { ...variables, "norm/gamma": gamma, "norm/beta": beta }, { training: true })
        .call(layer, input)
        .mul(f64(fixture.weights, [6, 3]))
        .sum();
    const { grads } = valueAndGrad(f)({ gamma: vector("gamma"), beta: vector("beta"), x });
    for (const name of ["gamma", "beta", "x"] as const)
      expect(distance(evaluated(grads[name]), flat(fixture.gradients[name])), name).toBeLessThan(tolerance);
  });
});

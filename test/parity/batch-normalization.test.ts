import { describe, expect, it, test } from "vitest";
import { valueAndGrad } from "../../src/autodiff/grad.ts";
import { batchNormalization } from "../../src/nn/layers/batch-normalization.ts";
import { random } from "../../src/tensor/random.ts";
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
const vector = (name: Name): Tensor => f64(fixture[name], [3]);
const variables = {
  gamma: vector("gamma"),
  beta: vector("beta"),
  movingMean: vector("movingMean"),
  movingVariance: vector("movingVariance"),
};
const x = f64(fixture.x, [6, 3]);

/** The layer's output for the fixture's input, and what it wrote. */
function run({ training = false, of = layer } = {}): { readonly y: Tensor; readonly written: Readonly<Record<string, Tensor>> } {
  const written: Record<string, Tensor> = {};
  const write = (name: string, value: Tensor): void => {
    written[name] = value;
  };
  return { y: of.applyWith(variables, x, { training, write }), written };
}

describe("batchNormalization agrees with Keras", () => {
  it("at inference", () => {
    const { y, written } = run();
    expect(distance(evaluated(y), flat(fixture.inference))).toBeLessThan(tolerance);
    expect(written).toEqual({});
  });

  it("in training, with its moving statistics", () => {
    const { y, written } = run({ training: true });
    expect(distance(evaluated(y), flat(fixture.training))).toBeLessThan(tolerance);
    expect(distance(evaluated(written["movingMean"]!), flat(fixture.newMovingMean))).toBeLessThan(tolerance);
    expect(distance(evaluated(written["movingVariance"]!), flat(fixture.newMovingVariance))).toBeLessThan(tolerance);
  });

  it("frozen: in training as at inference", () => {
    const { y, written } = run({ training: true, of: batchNormalization({ trainable: false }) });
    expect(distance(evaluated(y), flat(fixture.inference))).toBeLessThan(tolerance);
    expect(written).toEqual({});
  });

  it("in its gradients", () => {
    const f = ({ gamma, beta, x: input }: { gamma: Tensor; beta: Tensor; x: Tensor }): Tensor =>
      layer
        .applyWith({ ...variables, gamma, beta }, input, { training: true })
        .mul(f64(fixture.weights, [6, 3]))
        .sum();
    const { grads } = valueAndGrad(f)({ gamma: vector("gamma"), beta: vector("beta"), x });
    for (const name of ["gamma", "beta", "x"] as const)
      expect(distance(evaluated(grads[name]), flat(fixture.gradients[name])), name).toBeLessThan(tolerance);
  });
});

test("of images, its gradients and theirs are those of the formula differentiated step by step", () => {
  const image = random.normal([3, 4, 5, 2], { seed: 1, dtype: "f64" }).add(3);
  const weights = random.normal([3, 4, 5, 2], { seed: 2, dtype: "f64" });
  const [gamma, beta] = [f64([1.5, -0.5], [2]), f64([0.1, 0.2], [2])];
  type Given = { x: Tensor; gamma: Tensor; beta: Tensor };
  const ours = ({ x, gamma, beta }: Given): Tensor =>
    batchNormalization().call({ ...vectors(2), gamma, beta }, x, { training: true, key: () => x, write() {}, addLoss() {} });
  const plain = ({ x, gamma, beta }: Given): Tensor => {
    const over = { axes: [0, 1, 2], keepDims: true } as const;
    const centered = x.sub(x.mean(over));
    return centered.mul(centered.square().mean(over).add(1e-3).rsqrt()).mul(gamma).add(beta);
  };
  const given = { x: image, gamma, beta };
  const loss = (f: (given: Given) => Tensor) => (of: Given) => f(of).mul(weights).tanh().sum();
  const steepness = (f: (given: Given) => Tensor) => (of: Given) =>
    Object.values(valueAndGrad(loss(f))(of).grads)
      .map((g) => g.square().sum())
      .reduce((a, b) => a.add(b));
  for (const measure of [loss, steepness]) {
    const [got, wanted] = [valueAndGrad(measure(ours))(given), valueAndGrad(measure(plain))(given)];
    expect(distance(evaluated(got.value), evaluated(wanted.value))).toBeLessThan(1e-9);
    for (const name of ["x", "gamma", "beta"] as const)
      expect(distance(evaluated(got.grads[name]), evaluated(wanted.grads[name])), name).toBeLessThan(1e-9);
  }
});

const vectors = (size: number): { movingMean: Tensor; movingVariance: Tensor } => ({
  movingMean: f64(new Array(size).fill(0), [size]),
  movingVariance: f64(new Array(size).fill(1), [size]),
});

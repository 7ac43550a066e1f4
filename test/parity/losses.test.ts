import { describe, expect, it } from "vitest";
import { grad } from "../../src/autodiff/grad.ts";
import { binaryCrossentropy } from "../../src/nn/losses/binary-crossentropy.ts";
import { crossEntropy } from "../../src/nn/losses/cross-entropy.ts";
import { mse } from "../../src/nn/losses/mse.ts";
import { lossOf } from "../../src/nn/losses/registry.ts";
import { sparseCategoricalCrossentropy } from "../../src/nn/losses/sparse-categorical-crossentropy.ts";
import { tensor } from "../../src/tensor/create.ts";
import type { Tensor } from "../../src/tensor/tensor.ts";
import { distance, evaluated, flat } from "../contract/evaluated.ts";
import { f64 } from "../contract/optimizer.ts";
import { kerasFixture } from "../fixtures/keras/read.ts";

/** Keras keeps some constants and intermediate values in f32. */
const tolerance = 1e-6;

interface Case {
  readonly name: string;
  readonly options: { readonly fromLogits?: boolean };
  readonly target: readonly unknown[];
  readonly prediction: readonly unknown[];
  readonly value: number;
  readonly gradient: unknown;
}
const { cases } = kerasFixture<{ readonly cases: readonly Case[] }>("losses");
const find = (name: string, fromLogits: boolean): Case =>
  cases.find((c) => c.name === name && (c.options.fromLogits === true) === fromLogits)!;
const targetOf = ({ target }: Case): Tensor =>
  Array.isArray(target[0]) ? f64(target, [4, 3]) : tensor(Uint8Array.from(target as number[]));

describe("losses agree with Keras in value and gradient", () => {
  for (const item of cases) {
    it(`${item.name} ${JSON.stringify(item.options)}`, () => {
      const loss = lossOf("test", [item.name, item.options]);
      const value = (p: Tensor): Tensor => loss.perSample(targetOf(item), p).mean();
      const prediction = f64(item.prediction, [4, 3]);
      expect(loss.perSample(targetOf(item), prediction).shape).toEqual([4]);
      expect(distance(evaluated(value(prediction)), [item.value])).toBeLessThan(tolerance);
      expect(distance(evaluated(grad(value)(prediction)), flat(item.gradient))).toBeLessThan(tolerance);
    });
  }

  it("the losses on logits are those on the probabilities of a last sigmoid or softmax", () => {
    for (const name of ["binaryCrossentropy", "categoricalCrossentropy", "sparseCategoricalCrossentropy"]) {
      const item = find(name, true);
      const { onLogits } = lossOf("test", name);
      expect(distance(evaluated(onLogits!.perSample(targetOf(item), f64(item.prediction, [4, 3])).mean()), [item.value])).toBeLessThan(
        tolerance,
      );
    }
  });
});

describe("losses by their definition", () => {
  it("crossEntropy takes class numbers and one-hot targets", () => {
    const sparse = find("sparseCategoricalCrossentropy", true);
    const logits = f64(sparse.prediction, [4, 3]);
    const labels = targetOf(sparse);
    expect(evaluated(crossEntropy(labels, logits))[0]).toBeCloseTo(sparse.value, 9);
    expect(evaluated(crossEntropy(labels.oneHot(3), logits))[0]).toBeCloseTo(sparse.value, 9);
  });

  it("the gradient of crossentropy on logits is exact at zero and finite far out", () => {
    const z = tensor(Float64Array.of(0, 800, -800));
    const t = tensor(Float64Array.of(1, 0, 1));
    const slope = grad((x: Tensor) => binaryCrossentropy(t.expandDims(-1), x.expandDims(-1), { fromLogits: true }))(z);
    expect(distance(evaluated(slope.mul(3)), [-0.5, 1, -1])).toBeLessThan(1e-12);
    const far = grad((x: Tensor) => sparseCategoricalCrossentropy(tensor(Int32Array.of(1)), x.expandDims(0), { fromLogits: true }))(z);
    expect(distance(evaluated(far), [0, 0, 0])).toBeLessThan(1e-12);
  });

  it("one target per sample fits one prediction per sample", () => {
    expect(evaluated(mse(tensor([1, 2]), tensor([[0], [4]])))).toEqual([2.5]);
  });

  it("targets of another shape are refused", () => {
    expect(() =>
      mse(
        tensor([1, 2]),
        tensor([
          [0, 1],
          [4, 1],
        ]),
      ),
    ).toThrow("[loss] targets of shape [2] and predictions of shape [2, 2] don't match. Give one target for each predicted value.");
    expect(() =>
      crossEntropy(
        tensor(Int32Array.of(1, 2, 0)),
        tensor([
          [0, 1],
          [4, 1],
        ]),
      ),
    ).toThrow(
      "[loss] labels of shape [3] and predictions of shape [2, 2] don't match. Give one class number for each prediction over the classes.",
    );
  });

  it("an unknown name is answered with the nearest", () => {
    expect(() => lossOf("compile", "binaryCrossEntropi")).toThrow(
      '[compile] unknown loss "binaryCrossEntropi". Did you mean "binaryCrossentropy"?',
    );
  });

  it("a function of one's own, and a loss function itself, can be chosen", () => {
    expect(evaluated(lossOf("compile", (t, p) => p.sub(t).abs()).perSample(tensor([1, 2]), tensor([2, 4])))).toEqual([1, 2]);
    expect(lossOf("compile", mse).kind).toBe("mse");
  });
});

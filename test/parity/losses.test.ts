import { describe, expect, it } from "vitest";
import { customGradient } from "../../src/autodiff/custom-gradient.ts";
import { grad } from "../../src/autodiff/grad.ts";
import { activations } from "../../src/nn/activations.ts";
import { withMask } from "../../src/nn/carried.ts";
import { binaryCrossentropy } from "../../src/nn/losses/binary-crossentropy.ts";
import { crossEntropy } from "../../src/nn/losses/cross-entropy.ts";
import { defineLoss, meanLoss } from "../../src/nn/losses/loss.ts";
import { mse } from "../../src/nn/losses/mse.ts";
import { losses, lossOf } from "../../src/nn/losses/registry.ts";
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

  it("a function of one's own sees [n] targets as [n, 1] where predictions are, in their dtype, and class numbers as they are", () => {
    const seen: string[] = [];
    const loss = lossOf("compile", (t, p) => {
      seen.push(String(t));
      return p.mean({ axis: -1 });
    });
    loss.perSample(tensor(Int32Array.of(1, 2)), tensor([[1], [2]]));
    loss.perSample(
      tensor(Int32Array.of(1, 2)),
      tensor([
        [1, 3],
        [2, 4],
      ]),
    );
    expect(seen).toEqual([expect.stringContaining("f32 [2, 1]"), expect.stringContaining("i32 [2]")]);
  });

  it("a function of one's own that gives something else than losses is refused", () => {
    const given = (f: (t: Tensor, p: Tensor) => unknown) => () =>
      lossOf("compile", f as never).perSample(tensor([1, 2, 3]), tensor([[1], [2], [3]]));
    expect(given((t, p) => p.sub(t.flatten()))).toThrow(
      "[loss] a loss function gave [3, 3] for targets [3] and predictions [3, 1]. Return one number, or numbers that begin with the batch and are no more than the predictions; bring target and prediction to one shape first.",
    );
    expect(given(() => 3)).toThrow("[loss] a loss function gave 3, not a tensor. Return one number or one for each sample.");
    expect(given((t, p) => p.sub(t).abs().mean())).not.toThrow();
  });

  it("probabilities that carry logits are judged by those, in a function as in compile", () => {
    const z = tensor(Float64Array.of(-800, 800)).expandDims(-1);
    const p = activations.sigmoid().call(z);
    const wrong = tensor(Float64Array.of(1, 0)).expandDims(-1);
    expect(evaluated(binaryCrossentropy(wrong, p))).toEqual([800]);
    expect(evaluated(lossOf("compile", "bce").perSample(wrong, p))).toEqual([800, 800]);
    expect(evaluated(binaryCrossentropy(wrong, p.mul(1)))[0]).toBeCloseTo(-Math.log(1e-7), 6);
  });

  it("places that a mask leaves out don't count", () => {
    const prediction = withMask(
      tensor([
        [[1], [5]],
        [[3], [9]],
      ]),
      tensor([
        [1, 0],
        [1, 1],
      ]),
    );
    expect(
      evaluated(
        mse(
          tensor([
            [[0], [0]],
            [[0], [0]],
          ]),
          prediction,
        ),
      )[0],
    ).toBeCloseTo((1 + 9 + 81) / 3, 5);
  });

  it("a loss made for logits says so", () => {
    expect(losses.bce({ fromLogits: true }).takesLogits).toBe("bernoulli");
    expect(losses.cce({ fromLogits: true }).takesLogits).toBe("categorical");
    expect(losses.sparseCategoricalCrossentropy({ fromLogits: true }).takesLogits).toBe("categorical");
    for (const make of Object.values(losses)) expect(make().takesLogits).toBe(undefined);
  });

  it("an option a loss has not is refused", () => {
    for (const [name, make] of Object.entries(losses))
      expect(() => make({ delte: 1 } as never), name).toThrow(/^\[\w+\] unknown option "delte"\./);
    expect(() => mse(tensor([1]), tensor([1]), { axis: 0 } as never)).toThrow('[mse] unknown option "axis". It has no options.');
    expect(() => losses.bce({ fromLogits: 1 as never })).toThrow("[binaryCrossentropy] fromLogits must be true or false, got 1.");
    expect(() => losses.huber({ delta: 0 })).toThrow("[huber] delta must be a positive number, got 0.");
    expect(() => lossOf("compile", "kullbackLeibler")).toThrow('[compile] the loss "kullbackLeibler" is called "klDivergence".');
  });

  it("one's own loss is defined as the built-in ones are", () => {
    const pinball = defineLoss<{ readonly quantile?: number }>("pinball", ({ quantile = 0.5 }) =>
      meanLoss((target, prediction) => {
        const error = target.sub(prediction);
        return error.mul(quantile).maximum(error.mul(quantile - 1));
      }),
    );
    expect(evaluated(pinball(tensor([1, 2]), tensor([[0], [4]]), { quantile: 0.9 }))[0]).toBeCloseTo((0.9 + 0.2) / 2, 6);
    expect(lossOf("compile", pinball.with({ quantile: 0.9 }))).toMatchObject({ kind: "pinball", options: { quantile: 0.9 } });
  });
});

describe("a target that gradients go to is refused, since PyTorch's order is the other", () => {
  const x = tensor([[1], [2]]);
  const y = tensor([[3], [5]]);
  const w = tensor([[2]]);
  const refusal =
    "[mse] the target depends on what the gradient is taken by. The target comes first, then the prediction; where it is meant to be computed, write mse(target.stopGradient(), prediction).";

  it("the two swapped, and both computed", () => {
    expect(() => grad((k: Tensor) => mse(x.matmul(k), y))(w)).toThrow(refusal);
    expect(() => grad((k: Tensor) => mse(x.matmul(k), k.mul(y)))(w)).toThrow(refusal);
    expect(() => grad((k: Tensor) => crossEntropy(x.matmul(k), y))(w)).toThrow("[crossEntropy] the target depends on");
  });

  it("in a gradient of a gradient, and in a function with a gradient of its own", () => {
    const twice = grad((k: Tensor) => grad((j: Tensor) => mse(x.matmul(k), x.matmul(j)))(w).sum());
    expect(() => twice(w)).toThrow(refusal);
    const straight = customGradient(
      (v: Tensor) => v.round(),
      (g) => [g],
    );
    expect(() => grad((k: Tensor) => mse(straight(x.matmul(k)), y))(w)).toThrow(refusal);
  });

  it("not where its gradient is stopped, where it is of integers, or outside of a gradient", () => {
    expect(evaluated(grad((k: Tensor) => mse(x.matmul(k).stopGradient(), x.matmul(k)))(w))).toEqual([0]);
    expect(evaluated(grad((k: Tensor) => mse(x.matmul(k).greater(3), x.matmul(k)))(w))).toEqual([8]);
    expect(evaluated(mse(x.matmul(w), y))).toEqual([1]);
    grad((k: Tensor) => mse(y, x.matmul(k)))(w);
    expect(evaluated(mse(x.matmul(w), y))).toEqual([1]);
  });

  it("and what is no tensor is refused with the place where it goes", () => {
    expect(() => mse([1, 2] as never, y)).toThrow(
      "[mse] takes two tensors, the target and the prediction. Wrap numbers with tensor(...); for compile write losses.mse(options).",
    );
  });
});

import {
  activation,
  defineLoss,
  dense,
  Layer,
  losses,
  Model,
  meanLoss,
  meanMetric,
  metrics,
  type Params,
  register,
  reshape,
  sequential,
  type Tensor,
  tensor,
  withMask,
} from "gradsmith";
import { describe, expect, test } from "vitest";

// What losses and metrics see of a model's output, and those of one's own.

const linear = (features: number) => sequential([activation("linear")], { inputShape: [features] });
const quiet = { verbose: 0 } as const;

describe("metrics beside a loss from logits see probabilities", () => {
  const logits = tensor([[0.3], [0.4], [-2], [1.2]]);
  const truth = tensor([[1], [1], [0], [0]]);

  test("of yes or no: as if the model ended with a sigmoid", async () => {
    const measured = ["accuracy", "precision", "recall", "auc", "binaryAccuracy"] as const;
    const raw = linear(1).compile({ loss: losses.binaryCrossentropy({ fromLogits: true }), metrics: measured });
    const model = sequential([activation("sigmoid")], { inputShape: [1] }).compile({ loss: "binaryCrossentropy", metrics: measured });
    const [got, want] = [await raw.evaluate(logits, truth), await model.evaluate(logits, truth)];
    for (const name of ["loss", ...measured]) expect(got[name], name).toBeCloseTo(want[name]!, 6);
    // Of four, 0.3 and 0.4 are yes with a probability above 1/2.
    expect(got).toMatchObject({ accuracy: 0.75, recall: 1, precision: expect.closeTo(2 / 3, 6) as number });
  });

  test("of classes: as if it ended with softmax", async () => {
    const scores = tensor([
      [3, 1, 0],
      [0, 0.2, 0.1],
      [0, 1, 2],
    ]);
    const labels = tensor([0, 2, 2], { dtype: "i32" });
    const measured = ["accuracy", "sparseCategoricalAccuracy"] as const;
    const raw = linear(3).compile({ loss: ["sparseCategoricalCrossentropy", { fromLogits: true }], metrics: measured });
    const model = sequential([activation("softmax")], { inputShape: [3] }).compile({
      loss: "sparseCategoricalCrossentropy",
      metrics: measured,
    });
    const [got, want] = [await raw.evaluate(scores, labels), await model.evaluate(scores, labels)];
    for (const name of ["loss", ...measured]) expect(got[name], name).toBeCloseTo(want[name]!, 6);
  });
});

test("a loss works on logits also behind a reshape: a sure mistake costs its logit, not 16", async () => {
  const model = sequential([activation("sigmoid"), reshape([2, 2])], { inputShape: [4] }).compile({ loss: "binaryCrossentropy" });
  const { loss } = await model.evaluate([[100, -100, 100, -100]], tensor([0, 1, 0, 1]).reshape([1, 2, 2]));
  expect(loss).toBe(100);
});

describe("targets [n] beside predictions [n, 1]", () => {
  test("are aligned for losses and metrics of one's own, as for built-in ones", async () => {
    const model = linear(1).compile({
      loss: (target: Tensor, prediction: Tensor) => prediction.sub(target).square(),
      metrics: [meanMetric("bias", { perSample: (target, prediction) => prediction.sub(target) })],
    });
    expect(await model.evaluate([[1], [2], [3]], [1, 2, 3])).toEqual({ loss: 0, bias: 0 });
    expect(await model.evaluate([[1], [2], [3]], [0, 1, 2])).toEqual({ loss: 1, bias: 1 });
  });

  test("a metric may be a plain function, under its name", async () => {
    const bias = (target: Tensor, prediction: Tensor) => prediction.sub(target);
    const model = linear(1).compile({ loss: "mse", metrics: [bias, "mae"] });
    expect(await model.evaluate([[1], [2], [4]], [1, 2, 3])).toEqual({
      loss: expect.closeTo(1 / 3, 6),
      bias: expect.closeTo(1 / 3, 6),
      mae: expect.closeTo(1 / 3, 6),
    });
    const wrong = linear(1).compile({
      loss: "mse",
      metrics: [(target: Tensor, prediction: Tensor) => prediction.sub(target.reshape([1, -1]))],
    });
    await expect(wrong.evaluate([[1], [2], [3]], [1, 2, 3])).rejects.toMatchObject({ code: "shape" });
  });

  test("a loss that mixes samples up is refused", async () => {
    const model = linear(1).compile({ loss: (target: Tensor, prediction: Tensor) => prediction.sub(target.reshape([1, -1])) });
    await expect(model.evaluate([[1], [2], [3]], [1, 2, 3])).rejects.toMatchObject({ code: "shape" });
  });
});

describe("of one's own, in about ten lines", () => {
  const pinball = defineLoss(
    "pinball",
    ({ quantile = 0.5 }: { readonly quantile?: number }) =>
      meanLoss((target, prediction) => {
        const error = target.sub(prediction);
        return error.mul(quantile).maximum(error.mul(quantile - 1));
      }),
    { quantile: () => {} },
  );
  const within = ({ tolerance = 0.1 }: { readonly tolerance?: number } = {}) =>
    meanMetric("within", {
      options: { tolerance },
      perSample: (target, prediction) => prediction.sub(target).abs().lessEqual(tolerance).cast("f32").mean({ axis: -1 }),
    });

  test("a loss: the pinball loss of two quantiles, and a metric, by hand", async () => {
    const model = linear(1).compile({ loss: pinball.with({ quantile: 0.9 }), metrics: [within({ tolerance: 1 })] });
    // Errors of 2 above and 1 below: (0.9 · 2 + 0.1 · 1) / 2.
    const figures = await model.evaluate([[0], [3]], [2, 2]);
    expect(figures.loss).toBeCloseTo(0.95, 6);
    expect(figures.within).toBe(0.5);
    expect(await pinball(tensor([[2]]), tensor([[0]]), { quantile: 0.9 }).item()).toBeCloseTo(1.8, 6);
  });

  test("registered, they are known by name", async () => {
    expect(() => linear(1).compile({ loss: "pinball" as never })).toThrow('[compile] unknown loss "pinball".');
    register(pinball);
    register(within);
    const model = linear(1).compile({ loss: "pinball" as never, metrics: ["within" as never] });
    expect((await model.evaluate([[0], [3]], [2, 2])).loss).toBeCloseTo(0.75, 6);
    expect(() => register(() => 3 as never)).toThrow(
      "[register] needs a class of modules, or a factory that works without arguments. Write register(MyLayer) for a class, register(myLoss) for what makes a loss.",
    );
    expect(() => register(metrics.accuracy)).toThrow('[register] there is a metric called "accuracy" already.');
  });

  test("an optimizer: descent by signs alone, one step by hand, trained and saved by name", async () => {
    const signDescent = ({ learningRate = 0.1 }: { readonly learningRate?: number } = {}) => ({
      kind: "signDescent",
      options: { learningRate },
      learningRate,
      slots: {},
      step: (p: Tensor, g: Tensor, _slots: object, _t: Tensor, lr: Tensor) => ({ param: p.sub(g.sign().mul(lr)), slots: {} }),
    });
    register(signDescent);
    const model = sequential([dense(1, { useBias: false, kernelInitializer: "zeros" })], { inputShape: [2] });
    model.compile({ optimizer: signDescent(), loss: "mse" });
    await model.fit([[1, -1]], [[5]], quiet);
    expect((await model.getWeights())["dense/kernel"]).toEqual(Float32Array.of(Math.fround(0.1), Math.fround(-0.1)));
    expect(() => model.compile({ optimizer: "signDescent" as never, loss: "mse" })).not.toThrow();
  });
});

describe("weights of samples", () => {
  test("are refused where they can't mean anything", async () => {
    const model = sequential([dense(1)], { inputShape: [1] }).compile({ loss: "mse" });
    const data = [
      [[1], [2]],
      [1, 2],
    ] as const;
    await expect(model.fit(...data, { ...quiet, sampleWeight: [1, 2, 3] })).rejects.toThrow(
      "[fit] sampleWeight has shape [3], but there are 2 samples and the model gives [batch, 1]. Give a number for each sample, or for each of its steps.",
    );
    await expect(model.fit(...data, { ...quiet, sampleWeight: [1, 2], classWeight: { 0: 2 } })).rejects.toThrow(
      "[fit] sampleWeight and classWeight can't be given together. Multiply them into one sampleWeight.",
    );
    await expect(model.fit(...data, { ...quiet, classWeight: { 1: "much" } as never })).rejects.toThrow(
      '[fit] classWeight must give numbers to class numbers, got 1: "much". Write { 0: 1, 1: 5 }.',
    );
    const whole = linear(1).compile({ loss: (target: Tensor, prediction: Tensor) => prediction.sub(target).square().sum() });
    await expect(whole.evaluate(...data, { sampleWeight: [1, 2] })).rejects.toThrow(
      "the loss is one number for the whole batch, which can't be weighted by sample.",
    );
  });

  test("negative ones count negatively, as events of simulations have them", async () => {
    const model = linear(1).compile({ loss: "mse" });
    const { loss } = await model.evaluate([[1], [2]], [0, 0], { sampleWeight: [1, -0.5] });
    expect(loss).toBe((1 - 0.5 * 4) / 2);
  });

  test("a mask is left out of metrics too", async () => {
    class Masking extends Layer {
      call(_params: Params, x: Tensor): Tensor {
        return withMask(x, x.notEqual(0).any({ axis: -1 }));
      }
    }
    class Steps extends Model {
      readonly masking = new Masking();
      override forward(x: Tensor): Tensor {
        return this.masking.apply(x).mul(2);
      }
    }
    const model = new Steps({ inputShape: [3, 1] }).compile({ loss: "mse", metrics: ["mae"] });
    const x = tensor([1, 2, 0, 3, 0, 0]).reshape([2, 3, 1]);
    const figures = await model.evaluate(x, x.add(1));
    // Errors 0, 1 and 2 of three steps that count; the others would add 1 each.
    expect(figures.loss).toBeCloseTo(5 / 3, 6);
    expect(figures.mae).toBeCloseTo(1, 6);
  });
});

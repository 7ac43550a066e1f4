import { describe, expect, it } from "vitest";
import "../../src/runtime/install.ts";
import type { FitOptions } from "gradsmith";
import { withMask } from "../../src/nn/carried.ts";
import { Layer } from "../../src/nn/layer.ts";
import { batchNormalization } from "../../src/nn/layers/batch-normalization.ts";
import { dense } from "../../src/nn/layers/dense.ts";
import type { Params } from "../../src/nn/module.ts";
import { sgd } from "../../src/optim/sgd.ts";
import { tensor } from "../../src/tensor/create.ts";
import type { Nested } from "../../src/tensor/functions/nested.ts";
import type { Tensor } from "../../src/tensor/tensor.ts";
import { Model } from "../../src/train/model.ts";
import type { SampleTree } from "../../src/train/samples.ts";
import { sequential } from "../../src/train/sequential.ts";
import { distance } from "../contract/evaluated.ts";
import { kerasFixture } from "../fixtures/keras/read.ts";

// Numbers of test/fixtures/keras/modules.py: whole trainings by Keras, in float64.

interface Case {
  readonly first: Readonly<Record<string, Nested>>;
  readonly history: Readonly<Record<string, readonly number[]>>;
  readonly last: Readonly<Record<string, Nested>>;
  readonly evaluated?: Readonly<Record<string, number>>;
}
type Name = "weighted" | "classes" | "binary_classes" | "heads" | "frozen" | "shared" | "masked" | "constrained";
const keras = kerasFixture<Readonly<Record<Name, Case>> & Readonly<Record<"x" | "y" | "label" | "weight" | "steps", Nested>>>("modules");

const f64 = (values: Nested): Tensor => tensor(values, { dtype: "f64" });
const [x, y, label, weight, steps] = [f64(keras.x), f64(keras.y), f64(keras.label), f64(keras.weight), f64(keras.steps)];
const optimizer = sgd({ learningRate: 0.1 });
const within = 1e-6;

/** Trains a model from Keras's first weights in Keras's order, and holds every figure and every last weight to Keras's. */
async function agree(model: Model, { first, history, last }: Case, given: SampleTree, target: SampleTree, options: FitOptions = {}) {
  model.setWeights(Object.fromEntries(Object.entries(first).map(([path, value]) => [path, f64(value)])));
  const { metrics } = await model.fit(given, target, { batchSize: 10, epochs: 3, shuffle: false, verbose: 0, ...options });
  expect(Object.keys(metrics).sort()).toEqual(Object.keys(history).sort());
  for (const [name, values] of Object.entries(history)) expect(distance(metrics[name]!, values), name).toBeLessThan(within);
  const weights = await model.getWeights();
  for (const [path, value] of Object.entries(last))
    expect(distance(Array.from(weights[path]!), Array.from(await f64(value).read())), path).toBeLessThan(within);
}

describe("whole trainings agree with Keras", () => {
  it("sampleWeight in fit, validationData and evaluate; metrics stay unweighted", async () => {
    const model = sequential([dense(5, { activation: "tanh" }), dense(1)], { inputShape: [4], dtype: "f64" });
    model.compile({ optimizer, loss: "mse", metrics: ["mae"] });
    const some = (of: Tensor): Tensor =>
      of.slice(
        of.shape.map(() => 0),
        [7, ...of.shape.slice(1)],
      );
    await agree(model, keras.weighted, x, y, { sampleWeight: weight, validationData: [some(x), some(y), some(weight)] });
    const { loss, mae } = await model.evaluate(x, y, { sampleWeight: weight });
    expect(distance([loss, mae!], [keras.weighted.evaluated!.loss!, keras.weighted.evaluated!.mae!])).toBeLessThan(within);
  });

  it("the same from batches { x, y, weight } and [x, y, weight]", async () => {
    const batches = (asList: boolean) => ({
      *[Symbol.iterator]() {
        for (const begin of [0, 10, 20]) {
          const part = (of: Tensor): Tensor =>
            of.slice(
              of.shape.map((_, axis) => (axis === 0 ? begin : 0)),
              [Math.min(10, 24 - begin), ...of.shape.slice(1)],
            );
          yield asList ? ([part(x), part(y), part(weight)] as const) : { x: part(x), y: part(y), weight: part(weight) };
        }
      },
    });
    for (const asList of [false, true]) {
      const model = sequential([dense(5, { activation: "tanh" }), dense(1)], { dtype: "f64", inputShape: [4] });
      model.compile({ optimizer, loss: "mse", metrics: ["mae"] });
      model.setWeights(Object.fromEntries(Object.entries(keras.weighted.first).map(([path, value]) => [path, f64(value)])));
      const { metrics } = await model.fit(batches(asList), { epochs: 3, verbose: 0 });
      expect(distance(metrics.loss, keras.weighted.history.loss!)).toBeLessThan(within);
      expect(distance(metrics.mae!, keras.weighted.history.mae!)).toBeLessThan(within);
    }
  });

  it("classWeight, of labels and of yes and no", async () => {
    const several = sequential([dense(2, { activation: "softmax" })], { inputShape: [4], dtype: "f64" });
    several.compile({ optimizer, loss: "sparseCategoricalCrossentropy", metrics: ["accuracy"] });
    await agree(several, keras.classes, x, label, { classWeight: { 0: 0.5, 1: 3 } });
    const two = sequential([dense(1, { activation: "sigmoid" })], { inputShape: [4], dtype: "f64" });
    two.compile({ optimizer, loss: "binaryCrossentropy", metrics: ["accuracy"] });
    await agree(two, keras.binary_classes, x, label, { classWeight: { 1: 4 } });
  });

  it("two outputs with a loss, a weight, metrics and sample weights each", async () => {
    class Heads extends Model {
      readonly wide = dense(5, { activation: "tanh" });
      readonly sold = dense(1, { activation: "sigmoid" });
      readonly days = dense(1);
      override forward(given: Tensor) {
        const h = this.wide.apply(given);
        return { sold: this.sold.apply(h), days: this.days.apply(h) };
      }
    }
    const model = new Heads({ inputShape: [4], dtype: "f64" });
    model.compile({
      optimizer,
      loss: { sold: "binaryCrossentropy", days: "mse" },
      lossWeights: { sold: 1, days: 0.3 },
      metrics: { sold: ["accuracy"], days: ["mae"] },
    });
    await agree(model, keras.heads, x, { sold: label, days: y }, { sampleWeight: { sold: weight, days: weight.fill(1) } });
  });

  it("a frozen encoder with batch normalisation inside", async () => {
    const encoder = sequential([dense(4), batchNormalization()]);
    const model = sequential([encoder, dense(1)], { inputShape: [4], dtype: "f64" }).compile({ optimizer, loss: "mse" });
    encoder.trainable = false;
    await agree(model, keras.frozen, x, y);
  });

  it("a layer used twice", async () => {
    const twice = dense(4, { activation: "tanh" });
    await agree(
      sequential([twice, twice, dense(1)], { inputShape: [4], dtype: "f64" }).compile({ optimizer, loss: "mse" }),
      keras.shared,
      x,
      y,
    );
  });

  it("steps that a mask leaves out, through a dense layer to the loss", async () => {
    class Masking extends Layer {
      call(_params: Params, given: Tensor): Tensor {
        return withMask(given, given.notEqual(0).any({ axis: -1 }));
      }
    }
    const model = sequential([new Masking(), dense(2)], { inputShape: [5, 3], dtype: "f64" }).compile({ optimizer, loss: "mse" });
    await agree(model, keras.masked, steps, steps.slice([0, 0, 0], [24, 5, 2]).tanh());
  });

  it("constraints after each update", async () => {
    const model = sequential(
      [
        dense(5, { kernelConstraint: ["maxNorm", { maxValue: 0.5 }], biasConstraint: "nonNegative" }),
        dense(1, { kernelConstraint: "unitNorm" }),
      ],
      { inputShape: [4], dtype: "f64" },
    );
    await agree(model.compile({ optimizer, loss: "mse" }), keras.constrained, x, y);
  });
});

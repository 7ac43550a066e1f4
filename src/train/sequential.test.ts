import { describe, expect, it } from "vitest";
import { kerasFixture } from "../../test/fixtures/keras/read.ts";
import { batchNormalization } from "../nn/layers/batch-normalization.ts";
import { dense } from "../nn/layers/dense.ts";
import { dropout } from "../nn/layers/dropout.ts";
import { flatten } from "../nn/layers/flatten.ts";
import { sequential } from "./sequential.ts";

const { summaries } = kerasFixture<{ readonly summaries: Readonly<Record<"regression" | "images", string>> }>("summaries");
const trimmed = (text: string): string =>
  text
    .split("\n")
    .map((line) => line.trimEnd())
    .join("\n")
    .trim();

describe("summary is Keras's", () => {
  it("for the regression network", () => {
    const model = sequential([dense(20, { activation: "relu" }), dense(30, { activation: "relu" }), dense(1)], { inputShape: [10] });
    expect(trimmed(model.summary())).toBe(trimmed(summaries.regression));
  });

  it("for a network with long names and variables that are not trained", () => {
    const model = sequential(
      [flatten(), dense(512, { activation: "relu" }), batchNormalization(), dropout(0.3), dense(10, { activation: "softmax" })],
      { inputShape: [28, 28], name: "images" },
    );
    expect(trimmed(model.summary())).toBe(trimmed(summaries.images));
  });
});

describe("sequential", () => {
  it("names layers by kind, numbered, or as they ask", () => {
    const model = sequential([dense(2), dense(2, { name: "middle" }), dense(2)], { inputShape: [3] });
    expect(Object.keys(model.blueprint.variables)).toEqual([
      "dense/kernel",
      "dense/bias",
      "middle/kernel",
      "middle/bias",
      "dense_1/kernel",
      "dense_1/bias",
    ]);
  });

  it("a layer used twice has its weights once", () => {
    const shared = dense(3);
    expect(Object.keys(sequential([shared, shared], { inputShape: [3] }).blueprint.variables)).toEqual(["dense/kernel", "dense/bias"]);
  });

  it("says what is wrong with its parts", () => {
    expect(() => sequential([], { inputShape: [3] }).summary()).toThrow(
      "[sequential] has no layers yet. Give sequential([...]) some, or add(...) them.",
    );
    expect(() => sequential([dense(1)], { inputShape: [0] })).toThrow(
      "[sequential] [0] is no shape of a sample. Give positive whole numbers.",
    );
    expect(() => sequential([dense(1, { name: "a" }), dense(1, { name: "a" })], { inputShape: [1] })).toThrow(
      '[dense] two layers of the model are called "a". Give each its own name.',
    );
    expect(() => sequential([dense(1)], { inputShape: [] })).toThrow(
      "[dense] needs [batch, ..., features], got [2]. Reshape to [batch, features] first.",
    );
    expect(() => dense(1, { activation: "relu" }).apply(undefined as never)).toThrow(
      "[dense] has no weights of its own, and no model is being traced. Call it inside a module's forward, put it in sequential([...]), or use applyWith(params, x).",
    );
  });
});

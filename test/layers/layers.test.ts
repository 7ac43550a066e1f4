import { describe, expect, it } from "vitest";
import { logitsOf, withMask } from "../../src/nn/carried.ts";
import { constraints } from "../../src/nn/constraints.ts";
import { activation } from "../../src/nn/layers/activation.ts";
import { batchNormalization } from "../../src/nn/layers/batch-normalization.ts";
import { dense } from "../../src/nn/layers/dense.ts";
import { dropout } from "../../src/nn/layers/dropout.ts";
import { flatten } from "../../src/nn/layers/flatten.ts";
import { gru } from "../../src/nn/layers/gru.ts";
import { layerNormalization } from "../../src/nn/layers/layer-normalization.ts";
import { lstm } from "../../src/nn/layers/lstm.ts";
import { reshape } from "../../src/nn/layers/reshape.ts";
import { simpleRnn } from "../../src/nn/layers/simple-rnn.ts";
import { l2 } from "../../src/nn/regularizers.ts";
import type { Tensor } from "../../src/tensor/tensor.ts";
import { evaluated } from "../contract/evaluated.ts";
import { checkLayer, numbers } from "../contract/layer.ts";

describe("every layer keeps the contract", () => {
  checkLayer("dense", () => dense(4, { activation: "tanh" }), { inputShape: [3, 2], outputShape: [3, 4] });
  checkLayer("dense without bias", () => dense(2, { useBias: false, kernelRegularizer: "l2" }), {
    inputShape: [3, 5],
    outputShape: [3, 2],
  });
  checkLayer("dense over a sequence", () => dense(2, { activation: ["leakyRelu", { negativeSlope: 0.1 }], name: "wide" }), {
    inputShape: [2, 3, 4],
    outputShape: [2, 3, 2],
    keepsMask: true,
  });
  checkLayer("dense, softmax over a sequence", () => dense(2, { activation: "softmax", activityRegularizer: "l2", useBias: false }), {
    inputShape: [2, 3, 4],
    outputShape: [2, 3, 2],
    keepsMask: true,
  });
  checkLayer("activation", () => activation("softmax"), { inputShape: [2, 3, 4], outputShape: [2, 3, 4], keepsMask: true });
  checkLayer("flatten", () => flatten(), { inputShape: [2, 3, 4], outputShape: [2, 12] });
  checkLayer("reshape", () => reshape([2, -1]), { inputShape: [2, 3, 4], outputShape: [2, 2, 6] });
  checkLayer("dropout at inference", () => dropout(0.4), { inputShape: [4, 6], outputShape: [4, 6], keepsMask: true });
  checkLayer("dropout in training", () => dropout(0.4), {
    inputShape: [4, 6],
    outputShape: [4, 6],
    training: true,
    keepsMask: true,
  });
  checkLayer("batchNormalization at inference", () => batchNormalization(), { inputShape: [4, 3], outputShape: [4, 3], keepsMask: true });
  checkLayer("batchNormalization in training", () => batchNormalization({ momentum: 0.8 }), {
    inputShape: [4, 3],
    outputShape: [4, 3],
    training: true,
    keepsMask: true,
  });
  checkLayer("batchNormalization of channels first, unscaled", () => batchNormalization({ axis: 1, scale: false }), {
    inputShape: [2, 3, 2],
    outputShape: [2, 3, 2],
    training: true,
  });
  checkLayer("layerNormalization", () => layerNormalization(), { inputShape: [2, 3, 4], outputShape: [2, 3, 4], keepsMask: true });
  checkLayer("layerNormalization of two axes, unscaled", () => layerNormalization({ axis: [1, 2], scale: false }), {
    inputShape: [2, 3, 2],
    outputShape: [2, 3, 2],
  });
  checkLayer("lstm", () => lstm(2), { inputShape: [2, 3, 2], outputShape: [2, 2] });
  checkLayer("lstm of sequences, backwards, without bias", () => lstm(2, { returnSequences: true, goBackwards: true, useBias: false }), {
    inputShape: [2, 3, 2],
    outputShape: [2, 3, 2],
  });
  checkLayer("gru", () => gru(2, { returnSequences: true }), { inputShape: [2, 3, 2], outputShape: [2, 3, 2] });
  checkLayer("gru without bias", () => gru(2, { useBias: false }), { inputShape: [2, 2, 2], outputShape: [2, 2] });
  checkLayer("simpleRnn", () => simpleRnn(3, { activation: "sigmoid" }), { inputShape: [2, 3, 2], outputShape: [2, 3] });
});

describe("dense", () => {
  const x = numbers([2, 3], 1);
  const variables = { kernel: numbers([3, 2], 2), bias: numbers([2], 3) };

  it("penalises the activated output, averaged over the batch", () => {
    const layer = dense(2, { activation: "relu", activityRegularizer: l2(0.5) });
    const losses: Tensor[] = [];
    const y = layer.call(variables, x, { training: true, key: () => x, write() {}, addLoss: (loss) => losses.push(loss) });
    expect(losses).toHaveLength(1);
    expect(evaluated(losses[0]!)).toEqual(evaluated(y.square().sum().mul(0.25)));
  });

  it("what ends with sigmoid or softmax carries its logits, masked or not", () => {
    for (const activation of ["sigmoid", "softmax"] as const) {
      const plain = dense(2).applyWith(variables, x);
      for (const input of [x, withMask(x, numbers([2], 4))]) {
        const carried = logitsOf(dense(2, { activation }).applyWith(variables, input));
        expect(evaluated(carried!.logits)).toEqual(evaluated(plain));
      }
    }
  });

  it("constraints, regularizers and initializers reach the variables they are of", () => {
    const { kernel, bias } = dense(2, { kernelConstraint: constraints.maxNorm(3), biasRegularizer: "l1", biasInitializer: "ones" }).params([
      1, 3,
    ]);
    expect(kernel).toMatchObject({
      shape: [3, 2],
      initializer: { kind: "glorotUniform" },
      constraint: { kind: "maxNorm" },
      regularizer: undefined,
    });
    expect(bias).toMatchObject({
      shape: [2],
      initializer: { kind: "ones" },
      constraint: undefined,
      regularizer: { options: { l1: 0.01, l2: 0 } },
    });
  });

  it("a name that is none does not compile, and is answered with the nearest", () => {
    // @ts-expect-error
    expect(() => dense(2, { activation: "rleu" })).toThrow('[dense] unknown activation "rleu". Did you mean "relu"?');
    // @ts-expect-error
    expect(() => dense(2, { kernelInitializer: ["heNormall", {}] })).toThrow('[dense] unknown initializer "heNormall".');
    // @ts-expect-error
    expect(() => dense(2, { kernelRegularizer: "l3" })).toThrow('[dense] unknown regularizer "l3".');
    // @ts-expect-error
    expect(() => dense(2, { biasConstraint: "maxnorn" })).toThrow('[dense] unknown constraint "maxnorn". Did you mean "maxNorm"?');
  });
});

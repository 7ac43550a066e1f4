import { describe } from "vitest";
import { activation } from "../../src/nn/layers/activation.ts";
import { batchNormalization } from "../../src/nn/layers/batch-normalization.ts";
import { dense } from "../../src/nn/layers/dense.ts";
import { dropout } from "../../src/nn/layers/dropout.ts";
import { flatten } from "../../src/nn/layers/flatten.ts";
import { gru } from "../../src/nn/layers/gru.ts";
import { lstm } from "../../src/nn/layers/lstm.ts";
import { reshape } from "../../src/nn/layers/reshape.ts";
import { simpleRnn } from "../../src/nn/layers/simple-rnn.ts";
import { checkLayer } from "../contract/layer.ts";

describe("every layer keeps the contract", () => {
  checkLayer("dense", () => dense(4, { activation: "tanh" }), { inputShape: [3, 2], outputShape: [3, 4] });
  checkLayer("dense without bias", () => dense(2, { useBias: false, kernelRegularizer: "l2" }), {
    inputShape: [3, 5],
    outputShape: [3, 2],
  });
  checkLayer("dense over a sequence", () => dense(2, { activation: ["leakyRelu", { negativeSlope: 0.1 }], name: "wide" }), {
    inputShape: [2, 3, 4],
    outputShape: [2, 3, 2],
  });
  checkLayer("activation", () => activation("softmax"), { inputShape: [3, 4], outputShape: [3, 4] });
  checkLayer("flatten", () => flatten(), { inputShape: [2, 3, 4], outputShape: [2, 12] });
  checkLayer("reshape", () => reshape([2, -1]), { inputShape: [2, 3, 4], outputShape: [2, 2, 6] });
  checkLayer("dropout at inference", () => dropout(0.4), { inputShape: [4, 6], outputShape: [4, 6] });
  checkLayer("dropout in training", () => dropout(0.4), { inputShape: [4, 6], outputShape: [4, 6], training: true });
  checkLayer("batchNormalization at inference", () => batchNormalization(), { inputShape: [4, 3], outputShape: [4, 3] });
  checkLayer("batchNormalization in training", () => batchNormalization({ momentum: 0.8 }), {
    inputShape: [4, 3],
    outputShape: [4, 3],
    training: true,
  });
  checkLayer("batchNormalization of channels first, unscaled", () => batchNormalization({ axis: 1, scale: false }), {
    inputShape: [2, 3, 2],
    outputShape: [2, 3, 2],
    training: true,
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

import { describe } from "vitest";
import { averagePooling1d, averagePooling2d, averagePooling3d } from "../../src/nn/layers/average-pooling.ts";
import { conv1d, conv2d, conv3d } from "../../src/nn/layers/conv.ts";
import { conv2dTranspose } from "../../src/nn/layers/conv2d-transpose.ts";
import { depthwiseConv1d, depthwiseConv2d } from "../../src/nn/layers/depthwise-conv.ts";
import {
  globalAveragePooling1d,
  globalAveragePooling2d,
  globalAveragePooling3d,
  globalMaxPooling1d,
  globalMaxPooling2d,
  globalMaxPooling3d,
} from "../../src/nn/layers/global-pooling.ts";
import { maxPooling1d, maxPooling2d, maxPooling3d } from "../../src/nn/layers/max-pooling.ts";
import { separableConv2d } from "../../src/nn/layers/separable-conv2d.ts";
import { upSampling2d } from "../../src/nn/layers/up-sampling2d.ts";
import { zeroPadding1d, zeroPadding2d, zeroPadding3d } from "../../src/nn/layers/zero-padding.ts";
import { checkLayer } from "../contract/layer.ts";

describe("every layer over space keeps the contract", () => {
  checkLayer("conv1d, causal", () => conv1d(3, 2, { padding: "causal", dilation: 2, activation: "tanh" }), {
    inputShape: [2, 5, 2],
    outputShape: [2, 5, 3],
  });
  checkLayer("conv2d, same, stride 2, regularized", () => conv2d(2, 3, { padding: "same", strides: 2, kernelRegularizer: "l2" }), {
    inputShape: [2, 5, 4, 2],
    outputShape: [2, 3, 2, 2],
  });
  checkLayer("conv2d, groups, no bias", () => conv2d(4, [2, 1], { groups: 2, useBias: false, kernelInitializer: "heNormal" }), {
    inputShape: [2, 3, 3, 4],
    outputShape: [2, 2, 3, 4],
  });
  checkLayer("conv3d", () => conv3d(2, 2, { strides: [1, 2, 1] }), {
    inputShape: [2, 2, 4, 3, 1],
    outputShape: [2, 1, 2, 2, 2],
  });
  checkLayer("depthwiseConv1d", () => depthwiseConv1d(2, { depthMultiplier: 2 }), {
    inputShape: [2, 4, 2],
    outputShape: [2, 3, 4],
  });
  checkLayer("depthwiseConv2d", () => depthwiseConv2d(2, { depthwiseInitializer: "ones" }), {
    inputShape: [2, 3, 4, 3],
    outputShape: [2, 2, 3, 3],
  });
  checkLayer("separableConv2d", () => separableConv2d(2, 2, { depthMultiplier: 2, activation: "sigmoid" }), {
    inputShape: [2, 3, 3, 2],
    outputShape: [2, 2, 2, 2],
  });
  checkLayer("conv2dTranspose, same", () => conv2dTranspose(2, 3, { strides: 2, padding: "same" }), {
    inputShape: [2, 2, 3, 2],
    outputShape: [2, 4, 6, 2],
  });
  checkLayer("conv2dTranspose, valid", () => conv2dTranspose(1, [3, 1], { strides: 2 }), {
    inputShape: [2, 2, 2, 2],
    outputShape: [2, 5, 4, 1],
  });
  checkLayer("maxPooling1d", () => maxPooling1d(3, { strides: 1, padding: "same" }), {
    inputShape: [2, 4, 2],
    outputShape: [2, 4, 2],
  });
  checkLayer("maxPooling2d", () => maxPooling2d(), { inputShape: [2, 5, 4, 2], outputShape: [2, 2, 2, 2] });
  checkLayer("maxPooling3d", () => maxPooling3d([1, 2, 2]), { inputShape: [2, 2, 4, 2, 1], outputShape: [2, 2, 2, 1, 1] });
  checkLayer("averagePooling1d", () => averagePooling1d(3, { strides: 2 }), { inputShape: [2, 5, 2], outputShape: [2, 2, 2] });
  checkLayer("averagePooling2d, same", () => averagePooling2d(2, { padding: "same" }), {
    inputShape: [2, 3, 4, 2],
    outputShape: [2, 2, 2, 2],
  });
  checkLayer("averagePooling3d", () => averagePooling3d(), { inputShape: [2, 2, 2, 3, 1], outputShape: [2, 1, 1, 1, 1] });
  checkLayer("globalMaxPooling1d", () => globalMaxPooling1d({ keepDims: true }), { inputShape: [2, 4, 3], outputShape: [2, 1, 3] });
  checkLayer("globalMaxPooling2d", () => globalMaxPooling2d(), { inputShape: [2, 3, 2, 3], outputShape: [2, 3] });
  checkLayer("globalMaxPooling3d", () => globalMaxPooling3d(), { inputShape: [2, 2, 2, 2, 2], outputShape: [2, 2] });
  checkLayer("globalAveragePooling1d", () => globalAveragePooling1d(), { inputShape: [2, 4, 3], outputShape: [2, 3] });
  checkLayer("globalAveragePooling2d", () => globalAveragePooling2d({ keepDims: true }), {
    inputShape: [2, 3, 2, 3],
    outputShape: [2, 1, 1, 3],
  });
  checkLayer("globalAveragePooling3d", () => globalAveragePooling3d(), { inputShape: [2, 2, 2, 2, 2], outputShape: [2, 2] });
  checkLayer("zeroPadding1d", () => zeroPadding1d([[2, 0]]), { inputShape: [2, 3, 2], outputShape: [2, 5, 2] });
  checkLayer("zeroPadding2d", () => zeroPadding2d([1, [0, 2]]), { inputShape: [2, 2, 3, 2], outputShape: [2, 4, 5, 2] });
  checkLayer("zeroPadding3d", () => zeroPadding3d(), { inputShape: [2, 1, 2, 1, 2], outputShape: [2, 3, 4, 3, 2] });
  checkLayer("upSampling2d", () => upSampling2d([2, 3]), { inputShape: [2, 2, 2, 2], outputShape: [2, 4, 6, 2] });
});

import { describe, expect, it } from "vitest";
import { activation } from "./activation.ts";
import { averagePooling1d } from "./average-pooling.ts";
import { conv1d, conv2d } from "./conv.ts";
import { conv2dTranspose } from "./conv2d-transpose.ts";
import { dense } from "./dense.ts";
import { depthwiseConv2d } from "./depthwise-conv.ts";
import { dropout } from "./dropout.ts";
import { lstm } from "./lstm.ts";
import { maxPooling2d } from "./max-pooling.ts";
import { reshape } from "./reshape.ts";
import { separableConv2d } from "./separable-conv2d.ts";
import { upSampling2d } from "./up-sampling2d.ts";
import { zeroPadding2d } from "./zero-padding.ts";

const old = <F>(factory: F): ((...args: unknown[]) => unknown) => factory as never;

describe("what has a place of its own is refused among the options, with the call as it should be", () => {
  it.each([
    [() => old(conv2d)(32, { kernelSize: 3, activation: "relu" }), "[conv2d] the kernel's size comes second: conv2d(32, 3, { ... })."],
    [() => old(conv2d)(32, { kernelSize: [3, 5] }), "[conv2d] the kernel's size comes second: conv2d(32, [3, 5])."],
    [() => old(conv2d)({ filters: 32, kernelSize: 3 }), "[conv2d] the number of filters comes first: conv2d(32, 3)."],
    [() => old(conv1d)(32, { activation: "relu" }), "[conv1d] the kernel's size comes second: conv1d(32, kernelSize, { ... })."],
    [() => old(conv2d)(32, 3, { kernelSize: 5 }), "[conv2d] the kernel's size comes second: conv2d(32, 5)."],
    [() => old(conv2dTranspose)(8, { kernelSize: 4 }), "[conv2dTranspose] the kernel's size comes second: conv2dTranspose(8, 4)."],
    [() => old(separableConv2d)(8, { kernelSize: 4 }), "[separableConv2d] the kernel's size comes second: separableConv2d(8, 4)."],
    [
      () => old(depthwiseConv2d)({ kernelSize: 3, padding: "same" }),
      "[depthwiseConv2d] the kernel's size comes first: depthwiseConv2d(3, { ... }).",
    ],
    [() => old(maxPooling2d)({ poolSize: 2 }), "[maxPooling2d] the window's size comes first: maxPooling2d(2)."],
    [() => old(maxPooling2d)({ strides: 2 }), "[maxPooling2d] the window's size comes first: maxPooling2d(poolSize, { ... })."],
    [() => old(averagePooling1d)({ poolSize: [3] }), "[averagePooling1d] the window's size comes first: averagePooling1d([3])."],
    [() => old(upSampling2d)({ size: [2, 3] }), "[upSampling2d] the size comes first: upSampling2d([2, 3])."],
    [() => old(zeroPadding2d)({ padding: [[0, 1], 2] }), "[zeroPadding2d] the padding comes first: zeroPadding2d([[0, 1], 2])."],
    [() => old(dense)({ units: 4, activation: "relu" }), "[dense] the number of units comes first: dense(4, { ... })."],
    [() => old(lstm)({ units: 4 }), "[lstm] the number of units comes first: lstm(4)."],
    [() => old(dropout)({ rate: 0.3 }), "[dropout] the rate comes first: dropout(0.3)."],
    [() => old(reshape)({ shape: [2, 2] }), "[reshape] the shape comes first: reshape([2, 2])."],
    [() => old(activation)({ activation: "relu" }), '[activation] the activation comes first: activation("relu").'],
  ])("%s", (call, message) => {
    expect(call).toThrow(message);
  });

  it("options that aren't an object are refused, and missing sizes", () => {
    expect(() => old(dense)(3, "relu")).toThrow('[dense] the options must be an object, got "relu".');
    expect(() => old(dense)(3, null)).toThrow("[dense] the options must be an object, got null.");
    expect(() => old(dense)()).toThrow("[dense] units must be a positive integer, got undefined.");
    expect(() => old(conv2d)(3)).toThrow("[conv2d] kernelSize must be a positive integer, or 2 of them, got undefined.");
    expect(() => old(dropout)()).toThrow("[dropout] rate must be at least 0 and less than 1, got undefined.");
  });
});

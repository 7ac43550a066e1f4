import { describe, expect, it } from "vitest";
import { initializerOf } from "./initializers.ts";
import { layerFrom } from "./layers/registry.ts";
import { modernized } from "./legacy.ts";

describe("layers in files of version 0.1", () => {
  it.each([
    ["flatten", "flatten"],
    [
      ["dense", { units: 2, activation: ["leakyRelu", { slope: 0.3 }] }],
      ["dense", { units: 2, activation: ["leakyRelu", { negativeSlope: 0.3 }] }],
    ],
    [
      ["activation", { activation: ["leakyRelu", { slope: 0.1 }] }],
      ["activation", { activation: ["leakyRelu", { negativeSlope: 0.1 }] }],
    ],
    [
      ["dense", { units: 2, kernelInitializer: "uniform", biasInitializer: ["normal", { mean: 1, std: 0.1 }] }],
      ["dense", { units: 2, kernelInitializer: "randomUniform", biasInitializer: ["randomNormal", { mean: 1, stddev: 0.1 }] }],
    ],
    [
      ["lstm", { units: 2, recurrentInitializer: ["uniform", { low: -1, high: 2 }], kernelInitializer: ["truncatedNormal", { std: 2 }] }],
      [
        "lstm",
        {
          units: 2,
          recurrentInitializer: ["randomUniform", { minval: -1, maxval: 2 }],
          kernelInitializer: ["truncatedNormal", { stddev: 2 }],
        },
      ],
    ],
    [
      ["conv2d", { filters: 4, kernelSize: 3, padding: "same", kernelRegularizer: ["l1l2", { l1: 0, l2: 0.1 }] }],
      ["conv2d", { filters: 4, kernelSize: 3, padding: "same", kernelRegularizer: ["l1l2", { l1: 0, l2: 0.1 }] }],
    ],
    [
      ["maxPooling2d", {}],
      ["maxPooling2d", {}],
    ],
  ] as const)("%j", (before, after) => {
    expect(modernized(before)).toEqual(after);
    expect(layerFrom("test", modernized(before)).options).toEqual(typeof after === "string" ? {} : after[1]);
  });

  it("today's forms stay as they are", () => {
    const form = ["dense", { units: 2, activation: ["leakyRelu", { negativeSlope: 0.3 }], kernelInitializer: "randomUniform" }] as const;
    expect(modernized(form)).toEqual(form);
  });

  it("users are told today's names", () => {
    expect(() => initializerOf("dense", "uniform")).toThrow('[dense] the initializer "uniform" is called "randomUniform".');
    expect(() => initializerOf("dense", ["normal", {}])).toThrow('[dense] the initializer "normal" is called "randomNormal".');
    expect(() => initializerOf("dense", ["truncatedNormal", { std: 1 }])).toThrow(
      '[truncatedNormal] unknown option "std". Here it is called "stddev". Known: mean, stddev.',
    );
  });
});

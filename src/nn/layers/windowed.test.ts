import { describe, expect, it } from "vitest";
import { zeros } from "../../tensor/create.ts";
import { draw } from "../blueprint.ts";
import type { Layer } from "../layer.ts";
import { averagePooling2d } from "./average-pooling.ts";
import { conv1d, conv2d } from "./conv.ts";
import { depthwiseConv2d } from "./depthwise-conv.ts";
import { maxPooling2d } from "./max-pooling.ts";
import { layerFrom } from "./registry.ts";
import { upSampling2d } from "./up-sampling2d.ts";
import { paddingOf, windowed } from "./windowed.ts";
import { zeroPadding2d } from "./zero-padding.ts";

const message = (body: () => unknown): string => {
  try {
    body();
  } catch (error) {
    return (error as Error).message;
  }
  return "no error";
};
const drawn = (layer: Layer, shape: readonly number[]) => () => draw(layer, { dtype: "f32", shape });

describe("windowed", () => {
  it("pads for ⌈length / stride⌉ windows with an odd element at the end, as TensorFlow's definition of SAME says", () => {
    for (let length = 1; length <= 9; length++) {
      for (let size = 1; size <= 4; size++) {
        for (let stride = 1; stride <= 3; stride++) {
          for (const dilation of [1, 2]) {
            const geometry = { sizes: [size], strides: [stride], dilations: [dilation], padding: "same" } as const;
            const [[before, after]] = paddingOf(geometry, [length]) as [readonly [number, number]];
            expect(after - before === 0 || after - before === 1).toBe(true);
            const windows = windowed("test", zeros([1, length, 1]), geometry);
            expect(windows.shape).toEqual([1, Math.ceil(length / stride), size, 1]);
          }
        }
      }
    }
  });

  it("messages say what was given and what to do", () => {
    expect(message(drawn(conv2d(4, 5), [2, 4, 9, 1]))).toBe(
      '[conv2d] a window of 5 is longer than spatial axis 0 of [2, 4, 9, 1]. Use padding: "same", a smaller window, or a larger input.',
    );
    expect(message(drawn(depthwiseConv2d(3, { dilation: 2 }), [2, 9, 4, 1]))).toBe(
      '[depthwiseConv2d] a window of 3 (5 with dilation) is longer than spatial axis 1 of [2, 9, 4, 1]. Use padding: "same", a smaller window, or a larger input.',
    );
    expect(message(drawn(maxPooling2d(3), [2, 9, 2, 1]))).toBe(
      '[maxPooling2d] a window of 3 is longer than spatial axis 1 of [2, 9, 2, 1]. Use padding: "same", a smaller window, or a larger input.',
    );
    expect(message(drawn(conv2d(4, 3), [32, 28, 28]))).toBe(
      "[conv2d] needs [batch, height, width, channels], got [32, 28, 28]. Reshape to add an axis of one channel.",
    );
    expect(message(drawn(averagePooling2d(), [32, 784]))).toBe(
      "[averagePooling2d] needs [batch, height, width, channels], got [32, 784]. Reshape it first.",
    );
    expect(message(drawn(conv2d(6, 3, { groups: 3 }), [1, 8, 8, 4]))).toBe(
      "[conv2d] 4 channels can't be cut into 3 groups. Use a divisor of both channels and filters.",
    );
  });

  it("options are checked in the factory", () => {
    expect(message(() => conv2d(0, 3))).toBe("[conv2d] filters must be a positive integer, got 0.");
    expect(message(() => conv2d(4, [3, 0]))).toBe(
      "[conv2d] kernelSize must be a positive integer, or 2 of them, got [3, 0]. There is one for each of: height, width.",
    );
    expect(message(() => conv1d(4, [3, 3]))).toBe(
      "[conv1d] kernelSize must be a positive integer, got [3, 3]. There is one for each of: steps.",
    );
    expect(message(() => conv2d(4, 3, { groups: 3 }))).toBe("[conv2d] 4 filters can't be cut into 3 groups. Use a multiple.");
    expect(message(() => layerFrom("test", ["conv2d", { filters: 4 }]))).toBe(
      "[conv2d] kernelSize must be a positive integer, or 2 of them, got undefined. There is one for each of: height, width.",
    );
    expect(message(() => layerFrom("test", ["conv2d", { filters: 4, kernelSize: 3, padding: "causal" }]))).toBe(
      '[conv2d] unknown padding "causal". Known: valid, same.',
    );
    expect(message(() => layerFrom("test", ["maxPooling1d", { padding: "causal" }]))).toBe(
      '[maxPooling1d] unknown padding "causal". Known: valid, same.',
    );
    expect(message(() => upSampling2d(1.5))).toBe(
      "[upSampling2d] size must be a positive integer, or 2 of them, got 1.5. There is one for each of: height, width.",
    );
    expect(message(() => zeroPadding2d([1]))).toBe(
      "[zeroPadding2d] padding must be a number from 0, or for each of 2 axes a number or [before, after], got [1].",
    );
  });
});

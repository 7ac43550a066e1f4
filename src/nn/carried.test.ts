import { describe, expect, it } from "vitest";
import { evaluated } from "../../test/contract/evaluated.ts";
import "../runtime/install.ts";
import { tensor } from "../tensor/create.ts";
import { holdGraphs } from "../tensor/execution.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { logitsOf, maskOf, withLogits, withMask } from "./carried.ts";

const z = tensor(
  Float32Array.from({ length: 24 }, (_, i) => Math.sin(i * 2.3)),
  { shape: [2, 4, 3] },
);
const classes = (): Tensor => withLogits(z.softmax(), z, "categorical");
const yesOrNo = (): Tensor => withLogits(z.sigmoid(), z, "bernoulli");

describe("logits travel with probabilities, by the definition that their softmax or sigmoid is the value", () => {
  const movements: Record<string, (x: Tensor) => Tensor> = {
    reshape: (x) => x.reshape([8, 3]),
    "reshape and back": (x) => x.reshape([8, 3]).reshape([2, 4, 3]),
    permute: (x) => x.permute([1, 0, 2]),
    slice: (x) => x.slice([0, 1, 0], [2, 2, 3]),
    flip: (x) => x.flip(1),
    expandDims: (x) => x.expandDims(0),
  };
  it.each(Object.entries(movements))("through %s", (_name, move) => {
    const probabilities = move(classes());
    const carried = logitsOf(probabilities)!;
    expect(carried.distribution).toBe("categorical");
    expect(evaluated(carried.logits.softmax())).toEqual(evaluated(probabilities));
    const each = move(yesOrNo());
    expect(evaluated(logitsOf(each)!.logits.sigmoid())).toEqual(evaluated(each));
  });

  it("not where the classes are torn apart or turned, which is fine for yes and no", () => {
    const torn: ((x: Tensor) => Tensor)[] = [
      (x) => x.reshape([2, 12]),
      (x) => x.permute([0, 2, 1]),
      (x) => x.slice([0, 0, 1], [2, 4, 2]),
      (x) => x.flip(2),
      (x) => x.slice([0, 0, 0], [2, 3, 3]).permute([0, 2, 1]),
    ];
    for (const tear of torn) {
      expect(logitsOf(tear(classes()))).toBeUndefined();
      const each = tear(yesOrNo());
      expect(evaluated(logitsOf(each)!.logits.sigmoid())).toEqual(evaluated(each));
    }
  });

  it("not through what changes the value, or puts something beside it", () => {
    expect(logitsOf(yesOrNo().mul(0.5))).toBeUndefined();
    expect(
      logitsOf(
        yesOrNo().pad([
          [0, 1],
          [0, 0],
          [0, 0],
        ]),
      ),
    ).toBeUndefined();
    expect(logitsOf(z.sigmoid())).toBeUndefined();
  });

  it("also once the value has been computed", async () => {
    const probabilities = yesOrNo();
    await probabilities.read();
    expect(logitsOf(probabilities)).toBeDefined();
  });
});

describe("masks travel with values", () => {
  const mask = tensor([
    [true, true, false, false],
    [true, false, true, false],
  ]);
  const bits = [1, 1, 0, 0, 1, 0, 1, 0];

  it("through elementwise operations, reshape and its like, which it follows", () => {
    const masked = withMask(z, mask);
    expect(evaluated(masked)).toEqual(evaluated(z));
    expect(evaluated(maskOf(masked, [2, 4])!)).toEqual(bits);
    expect(evaluated(maskOf(masked.mul(2).add(z).relu(), [2, 4])!)).toEqual(bits);
    expect(evaluated(maskOf(masked.reshape([8, 3]), [8])!)).toEqual(bits);
    expect(evaluated(maskOf(masked.permute([1, 0, 2]), [4, 2])!)).toEqual([1, 1, 1, 0, 0, 1, 0, 0]);
    expect(evaluated(maskOf(masked.softmax(), [2, 4])!)).toEqual(bits);
  });

  it("through thousands of operations", () => {
    const far = holdGraphs(() => Array.from({ length: 20_000 }).reduce<Tensor>((value) => value.add(1), withMask(z, mask)));
    expect(
      evaluated(
        holdGraphs(() =>
          maskOf(far.reshape([8, 3]), [8])!
            .cast("f32")
            .sum(),
        ),
      ),
    ).toEqual([4]);
  });

  it("several count together", () => {
    const other = withMask(z, tensor([[true], [false]]).squeeze(1));
    expect(evaluated(maskOf(withMask(z, mask).add(other), [2, 4])!)).toEqual([1, 1, 0, 0, 0, 0, 0, 0]);
  });

  it("not through sums, and not to the value it was not put on", () => {
    expect(maskOf(withMask(z, mask).sum({ axis: 1 }))).toBeUndefined();
    expect(maskOf(z)).toBeUndefined();
  });
});

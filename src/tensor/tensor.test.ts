import { afterEach, describe, expect, test, vi } from "vitest";
import { arange, full, input, tensor, zeros } from "./create.ts";
import { depthLimit, holdGraphs, installExecution } from "./execution.ts";
import { bufferNode, literalNode } from "./ops/source.ts";
import type { Tensor } from "./tensor.ts";

const of = (...shape: number[]): Tensor => input(0, { dtype: "f32", shape });
const refused = (f: () => unknown): string => {
  try {
    f();
  } catch (error) {
    return (error as Error).message;
  }
  return "nothing was refused";
};

describe("messages", () => {
  const messages: readonly (readonly [string, () => unknown, string])[] = [
    [
      "matmul",
      () => of(2, 3).matmul(of(4, 3)),
      "[matmul] [2, 3] · [4, 3]: the shared axis is 3 on the left and 4 on the right. Transpose one of them, or check the layer before.",
    ],
    ["matmul of numbers", () => of().matmul(of(3)), "[matmul] [] · [3]: both sides need an axis to sum over. Use mul for numbers."],
    [
      "add",
      () => of(3).add(of(2)),
      "[add] cannot broadcast [3] with [2]: axis -1 is 3 on the left and 2 on the right. Make the two equal, or one of them 1.",
    ],
    ["reshape", () => of(2, 3).reshape([4]), "[reshape] [2, 3] holds 6 elements and [4] holds 4. Let one axis be -1 to have it counted."],
    [
      "reshape with -1",
      () => of(2, 3).reshape([4, -1]),
      "[reshape] the 6 elements of [2, 3] do not divide into [4, -1]. Check the other axes.",
    ],
    ["reshape with two -1", () => of(2).reshape([-1, -1]), "[reshape] [-1, -1] is not a shape. Use integers from 0, and -1 once at most."],
    ["broadcastTo", () => of(2, 3).broadcastTo([3]), "[broadcastTo] [2, 3] does not stretch to [3]. Only axes of 1 stretch."],
    ["slice", () => of(5).slice([3], [4]), "[slice] 4 elements from 3 do not fit axis 0 of [5]. Ask for fewer, or start earlier."],
    ["get", () => of(5, 2).get(5), "[get] 5 is not a position along axis 0 of [5, 2]. Use -5 to 4."],
    ["squeeze", () => of(5, 1).squeeze(0), "[squeeze] axis 0 of [5, 1] is 5, not 1. Only axes of 1 can go."],
    ["concat", () => of(2, 3).concat(of(2, 4)), "[concat] [2, 3] and [2, 4] differ off axis 0. Only the joined axis may differ."],
    ["split", () => of(5).split(2), "[split] axis 0 of [5] does not divide into 2 equal parts. The sizes must add up to the axis."],
    [
      "pad",
      () => of(2, 3).pad([[1, 1]]),
      "[pad] [2, 3] needs 2 pairs of widths, got [[1,1]]. Give [before, after] for each axis, 0 or more.",
    ],
    [
      "windows",
      () => of(2, 3).windows({ axes: 1, sizes: 2, dilations: 3 }),
      "[windows] a window over 4 does not fit axis 1 of [2, 3]. Pad the input, or use a smaller window.",
    ],
    [
      "fold",
      () => of(2, 3).fold({ axes: 0, lengths: 9 }),
      "[fold] an axis of 9 has 7 windows of 3, [2, 3] has 2. Use the lengths, strides and dilations of the windows that are put back.",
    ],
    ["sum", () => of(2, 3).sum({ axis: 2 }), "[sum] axis 2 does not exist in a tensor of rank 2. Use -2 to 1."],
    ["axis and axes", () => of(2, 3).sum({ axis: 0, axes: 1 }), "[sum] axis and axes were both given. They mean the same: use one."],
    ["max", () => of(0, 3).max(0), "[max] [0, 3] has nothing to take the max of. Check for an empty batch before."],
    ["softmax", () => of(2, 3).softmax({ axis: [0, 1] }), "[softmax] needs one axis, got [0, 1]. Name one, or reshape first."],
    ["gather", () => of(2).gather(of(2)), '[gather] indices must be integers, got f32. Use cast("i32").'],
    [
      "bitwiseAnd",
      () => of(2).bitwiseAnd(1),
      '[bitwiseAnd] works on the bits of integers, got f32. Use cast("i32"), or bitcast to see the bits of a float.',
    ],
    [
      "cast",
      () => of(2).cast("float32" as "f32"),
      '[cast] unknown dtype "float32". Did you mean "f32"? Use "bool", "u8", "u32", "i32", "bf16", "f16", "f32" or "f64".',
    ],
    ["contract", () => of(2).contract("ij->i", of(2)), '[contract] "ij->i" is not a formula like "mk,kn->mn". Use one letter per axis.'],
    [
      "contract letters",
      () => of(2).contract("ij,j->i", of(2)),
      '[contract] "ij,j->i" names 2 axes on the left, the tensor has 1. Use one letter per axis.',
    ],
    [
      "an array for a tensor",
      () => of(2).add([1, 2] as unknown as Tensor),
      "[tensor] expected a tensor or a number, got object. Wrap arrays with tensor(...).",
    ],
    ["tensor shape", () => tensor([1, 2, 3], { shape: [2, 2] }), "[tensor] 3 values do not fill the shape [2, 2]. It takes 4."],
    [
      "ragged",
      () => tensor([[1, 2], [3]]),
      "[tensor] the nested arrays are ragged: along axis 1 they don't all agree with the first, [2, 2]. Make rows equally long.",
    ],
    [
      "not numbers",
      () => tensor(["a" as unknown as number]),
      "[tensor] a is not a number. Give numbers, booleans, or nested arrays of them.",
    ],
    ["zeros", () => zeros([-1]), "[zeros] [-1] is not a shape. Use a list of integers from 0."],
    [
      "operators",
      () => Number(of(2)) + 1,
      "[tensor] a tensor is not a JavaScript number: + - * / < do not work on it. Use add, sub, mul, div, less, or await item().",
    ],
  ];
  test.each(messages)("%s", (_name, f, message) => {
    expect(refused(f)).toBe(message);
  });

  test("item of more than one element", async () => {
    await expect(of(2).item()).rejects.toThrow("[item] a tensor of shape [2] is not one number. Use read(), or sum() or mean() it first.");
  });
});

describe("a tensor", () => {
  test("describes itself without running", () => {
    expect(String(of(2, 3).relu())).toBe("Tensor(f32 [2, 3], relu)");
    expect(`${tensor([1, 2])}`).toBe("Tensor(f32 [2], literal)");
  });
  test("takes its dtype from what it is made of", () => {
    expect(tensor([[1, 2]]).type).toEqual({ dtype: "f32", shape: [1, 2] });
    expect(tensor([true]).dtype).toBe("bool");
    expect(tensor(Uint8Array.of(1)).dtype).toBe("u8");
    expect(tensor(Float64Array.of(1)).dtype).toBe("f64");
    expect(tensor(3).shape).toEqual([]);
    expect(tensor([Float32Array.of(1, 2), Float32Array.of(3, 4)]).shape).toEqual([2, 2]);
  });
  test("copies the array it is made of", () => {
    const values = Float32Array.of(1, 2);
    const t = tensor(values);
    values[0] = 9;
    expect((t.node.attributes as { data: Float32Array }).data[0]).toBe(1);
  });
  test("records nothing for movements that move nothing", () => {
    const x = of(2, 3);
    for (const y of [
      x.reshape([2, -1]),
      x.permute([0, 1]),
      x.broadcastTo([2, 3]),
      x.slice([0]),
      x.pad([
        [0, 0],
        [0, 0],
      ]),
      x.cast("f32"),
      x.squeeze(),
      x.sum([]),
      x.pow(1),
    ]) {
      expect(y).toBe(x);
    }
  });
  test("keeps batches apart from matrices: no broadcast is recorded", () => {
    const product = of(1, 4, 2, 3).matmul(of(3, 5));
    expect(product.shape).toEqual([1, 4, 2, 5]);
    expect(product.node.inputs[0]!.attributes).toMatchObject({ output: "bmn", left: "bmk", right: "kn" });
  });
});

describe("execution", () => {
  const quiet = { read: async () => new Float32Array(1), compute: () => {}, hold: literalNode };
  afterEach(() => installExecution(quiet));

  test("read and item ask the port, array nests what it gives", async () => {
    installExecution({ ...quiet, read: async (t) => Float32Array.from({ length: t.size }, (_, i) => i) });
    expect(await arange(2).read()).toEqual(Float32Array.of(0, 1));
    expect(await of(2, 2).array()).toEqual([
      [0, 1],
      [2, 3],
    ]);
    expect(await full([], 5).item()).toBe(0);
  });
  test("a chain that grows too long is computed and forgotten, unless graphs are held", () => {
    const compute = vi.fn((t: Tensor) => t.settle(bufferNode(undefined, t.type)));
    installExecution({ ...quiet, compute });
    const chain = (length: number): Tensor => {
      let x = of(2);
      for (let i = 0; i < length; i++) x = x.add(1);
      return x;
    };
    expect(chain(3 * depthLimit).node.depth).toBeLessThanOrEqual(depthLimit);
    expect(compute).toHaveBeenCalledTimes(3);
    compute.mockClear();
    expect(holdGraphs(() => chain(3 * depthLimit)).node.depth).toBe(3 * depthLimit + 1);
    expect(compute).not.toHaveBeenCalled();
  });
  test("a tensor keeps its graph while graphs are held", () => {
    const x = of(2).add(1);
    const before = x.node;
    holdGraphs(() => x.settle(bufferNode(undefined, x.type)));
    expect(x.node).toBe(before);
  });
});

import { describe, expect, test } from "vitest";
import { evaluated } from "../../test/contract/evaluated.ts";
import { refusal } from "../../test/refusal.ts";
import "../runtime/install.ts";
import { tensor } from "../tensor/create.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { dataLoader, tensorDataset } from "./data-loader.ts";
import { type Dataset, dataset, type Sample } from "./dataset.ts";
import { fashionMnist } from "./fashion-mnist.ts";
import { circles, moons, signOfSine, sineOfSquares, spirals } from "./generate.ts";
import { mnist } from "./mnist.ts";
import { randomIntegers } from "./random-integers.ts";

/** Sample i has the features [i, 10 i] and the label i. */
const samples = (count: number): Sample[] => Array.from({ length: count }, (_, i) => ({ x: [i, 10 * i], y: i }));
const arrays = (count: number): Dataset =>
  dataset({ x: tensor(Array.from({ length: count }, (_, i) => [i, 10 * i])), y: Uint8Array.from({ length: count }, (_, i) => i) });

const read = async (t: Tensor): Promise<number[]> => [...(await t.read())];
async function labels(data: AsyncIterable<{ readonly y: Tensor }>): Promise<number[][]> {
  const found: number[][] = [];
  for await (const { y } of data) found.push(await read(y));
  return found;
}
const flat = async (data: Dataset): Promise<number[]> => (await labels(data)).flat();
const upTo = (count: number): number[] => Array.from({ length: count }, (_, i) => i);

describe("sources", () => {
  test.each([
    ["samples one by one", () => dataset(samples(5))],
    ["all features and labels", () => arrays(5)],
    ["a stream", () => dataset(() => samples(5))],
  ])("%s give the same batches", async (_, make) => {
    const batches = [];
    for await (const { x, y } of make().batch(2)) batches.push({ shape: x.shape, x: await x.array(), y: await read(y) });
    expect(batches).toEqual([
      {
        shape: [2, 2],
        x: [
          [0, 0],
          [1, 10],
        ],
        y: [0, 1],
      },
      {
        shape: [2, 2],
        x: [
          [2, 20],
          [3, 30],
        ],
        y: [2, 3],
      },
      { shape: [1, 2], x: [[4, 40]], y: [4] },
    ]);
  });

  test("samples without batch have no axis of samples; dtypes stay", async () => {
    for await (const { x, y } of arrays(1)) {
      expect([x.shape, x.dtype, y.shape, y.dtype]).toEqual([[2], "f32", [], "u8"]);
    }
  });

  test("sizes are known before anything runs, where they can be", () => {
    expect(arrays(10).size).toBe(10);
    expect(arrays(10).batch(3).size).toBe(4);
    expect(arrays(10).batch(3, { dropRemainder: true }).size).toBe(3);
    expect(arrays(10).take(4).repeat(3).size).toBe(12);
    expect(arrays(10).skip(4).size).toBe(6);
    expect(arrays(10).repeat().size).toBe(undefined);
    expect(dataset(() => samples(2)).size).toBe(undefined);
  });

  test("of bytes give bytes, whatever is done to them", async () => {
    const bytes = Uint8Array.from({ length: 12 }, (_, i) => 20 * i);
    const images = (): Dataset => dataset({ x: tensor(bytes, { shape: [4, 3] }), y: bytes.slice(0, 4) });
    const stream = (): Dataset =>
      dataset(() => [0, 1, 2, 3].map((i) => ({ x: tensor(bytes.slice(3 * i, 3 * i + 3)), y: tensor(bytes.slice(i, i + 1)) })));
    for (const source of [images, stream]) {
      for (const data of [source(), source().shuffle(), source().take(3), source().skip(1).batch(2), source().repeat(2).batch(3)])
        for await (const { x, y } of data) expect([x.dtype, y.dtype]).toEqual(["u8", "u8"]);
    }
  });
});

describe("order", () => {
  test("a shuffle has every sample once, in another order, the same for the same seed", async () => {
    const first = await flat(arrays(100).shuffle({ seed: 3 }));
    expect(first).not.toEqual(upTo(100));
    expect([...first].sort((a, b) => a - b)).toEqual(upTo(100));
    expect(await flat(dataset(samples(100)).shuffle({ seed: 3 }))).toEqual(first);
    expect(await flat(arrays(100).shuffle({ seed: 4 }))).not.toEqual(first);
  });

  test("every pass is shuffled anew, whether by repeat or by walking again", async () => {
    const repeated = await flat(arrays(20).shuffle({ seed: 1 }).repeat(3));
    const passes = [0, 1, 2].map((pass) => repeated.slice(20 * pass, 20 * pass + 20));
    for (const pass of passes) expect([...pass].sort((a, b) => a - b)).toEqual(upTo(20));
    expect(new Set(passes.map(String)).size).toBe(3);
    const again = arrays(20).shuffle({ seed: 1 });
    expect([await flat(again), await flat(again), await flat(again)]).toEqual(passes);
  });

  test("a small buffer moves no sample forward by more than its size", async () => {
    const order = await flat(arrays(100).shuffle({ seed: 1, bufferSize: 10 }));
    expect([...order].sort((a, b) => a - b)).toEqual(upTo(100));
    order.forEach((label, place) => expect(label).toBeLessThanOrEqual(place + 10));
    expect(order).not.toEqual(upTo(100));
  });

  test("a batch across passes holds samples of both", async () => {
    expect(await labels(arrays(3).repeat(2).batch(2))).toEqual([
      [0, 1],
      [2, 0],
      [1, 2],
    ]);
  });

  test("take, skip, map and dropRemainder do as their names say", async () => {
    expect(await labels(arrays(10).skip(2).take(5).batch(2, { dropRemainder: true }))).toEqual([
      [2, 3],
      [4, 5],
    ]);
    const doubled = ({ x, y }: { x: Tensor; y: Tensor }) => ({ x: x.mul(2), y });
    for await (const { x } of arrays(2).batch(2).map(doubled))
      expect(await x.array()).toEqual([
        [0, 0],
        [2, 20],
      ]);
    for await (const { x } of arrays(2).map(doubled).batch(2))
      expect(await x.array()).toEqual([
        [0, 0],
        [2, 20],
      ]);
    expect(await flat(arrays(3).take(0))).toEqual([]);
  });

  test("an endless repeat can be left", async () => {
    let count = 0;
    for await (const _ of arrays(3).repeat().batch(2)) if (++count === 1000) break;
    expect(count).toBe(1000);
  });

  test("shuffles are uniform: each place of 5 sees each sample 1 time in 5 (chi-squared, 16 degrees of freedom, p > 0.001)", () => {
    const counts = new Float64Array(25);
    for (let stream = 0; stream < 5000; stream++) {
      const random = randomIntegers(7, stream);
      const order = [0, 1, 2, 3, 4];
      for (let place = 0; place < 5; place++) {
        const chosen = place + random.below(5 - place);
        [order[place], order[chosen]] = [order[chosen]!, order[place]!];
        counts[5 * place + order[place]!]!++;
      }
    }
    const chiSquared = counts.reduce((sum, count) => sum + (count - 1000) ** 2 / 1000, 0);
    expect(chiSquared).toBeLessThan(39.25);
  });
});

test("a long walk lets timers through", async () => {
  let ticks = 0;
  const timer = setInterval(() => ticks++, 1);
  const giveUp = Date.now() + 10_000;
  for await (const _ of arrays(3).repeat()) if (ticks >= 3 || Date.now() > giveUp) break;
  clearInterval(timer);
  expect(ticks).toBeGreaterThanOrEqual(3);
});

describe("data loader", () => {
  test("yields pairs and knows its length", async () => {
    const loader = dataLoader(
      tensorDataset(
        [
          [0, 0],
          [0, 1],
          [1, 0],
          [1, 1],
        ],
        [[0], [1], [1], [0]],
      ),
      { batchSize: 3 },
    );
    expect(loader.length).toBe(2);
    const pairs = [];
    for await (const [x, y] of loader) pairs.push([await x.array(), await y.array()]);
    expect(pairs).toEqual([
      [
        [
          [0, 0],
          [0, 1],
          [1, 0],
        ],
        [[0], [1], [1]],
      ],
      [[[1, 1]], [[0]]],
    ]);
  });

  test("shuffles anew each epoch when asked", async () => {
    const loader = dataLoader(arrays(30), { shuffle: true, seed: 5, dropRemainder: true, batchSize: 4 });
    const epoch = async (): Promise<number[]> => {
      const found: number[] = [];
      for await (const [, y] of loader) found.push(...(await read(y)));
      return found;
    };
    const [first, second] = [await epoch(), await epoch()];
    expect(first.length).toBe(28);
    expect(first).not.toEqual(second);
  });
});

describe("what is refused", () => {
  const wrong = (value: unknown) => value as never;

  test("features and labels of different counts", async () => {
    await expect(
      flat(
        dataset({
          x: [
            [1, 2],
            [3, 4],
          ],
          y: [1],
        }),
      ),
    ).rejects.toThrow("[dataset] x has 2 samples ([2, 2]), y has 1 ([1]). Give one y for each x.");
  });

  test.each<readonly [string, () => unknown, string]>([
    ["no samples", () => dataset([]), "[dataset] there are no samples. Give at least one { x, y }."],
    [
      "an array for a sample",
      () => dataset([{ x: 1, y: 1 }, wrong([1, 1])]),
      "[dataset] sample 1 is not { x, y }. Give every sample its features x and its label y.",
    ],
    [
      "features alone",
      () => dataset(wrong({ x: [1] })),
      "[dataset] an object holds no samples. Give { x, y }, a list of them, or a function.",
    ],
    ["null", () => dataset(wrong(null)), "[dataset] null holds no samples. Give { x, y }, a list of them, or a function."],
    [
      "what is gone after one pass",
      () => dataset(wrong(samples(2).values())),
      "[dataset] an iterable can be walked through only once. Give the function that makes it.",
    ],
    [
      "a stream of arrays",
      () => flat(dataset(wrong(() => [{ x: 1, y: 1 }, [1, 1]]))),
      "[dataset] sample 1 is not { x, y }. Give every sample its features x and its label y.",
    ],
    [
      "a function that opens nothing",
      () => flat(dataset(wrong(() => 7))),
      "[dataset] the function gave 7, not samples. Let it be function* or return an array.",
    ],
    [
      "labels that are none",
      () => flat(dataset(wrong({ x: [1], y: undefined }))),
      "[tensor] undefined is not a number. Give numbers, booleans, or nested arrays of them.",
    ],
    [
      "a map to nothing",
      () => flat(arrays(2).map(wrong(() => undefined))),
      "[map] the function did not return { x, y } as tensors. Return both, changed or not.",
    ],
    [
      "a loader of arrays",
      () => dataLoader(wrong([[1], [2]])),
      "[dataLoader] needs a dataset, got [[1], [2]]. Write dataLoader(tensorDataset(x, y)).",
    ],
  ])("as samples: %s", async (_, work, message) => {
    expect(await refusal(work)).toEqual(["data", message]);
  });

  test.each<readonly [string, () => unknown, string]>([
    ["batch of 0", () => arrays(2).batch(0), "[batch] size must be a positive integer, got 0."],
    ["batch of text", () => arrays(2).batch(wrong("32")), '[batch] size must be a positive integer, got "32".'],
    ["a flag of batch", () => arrays(2).batch(1, { dropRemainder: wrong(1) }), "[batch] dropRemainder must be true or false, got 1."],
    [
      "an option of batch",
      () => arrays(2).batch(1, wrong({ drop_last: true })),
      '[batch] unknown option "drop_last". Here it is called "dropRemainder". Known: dropRemainder.',
    ],
    ["repeat", () => arrays(2).repeat(-1), "[repeat] count must be a positive integer, got -1."],
    ["take", () => arrays(2).take(1.5), "[take] count must be a whole number of at least 0, got 1.5."],
    ["skip", () => arrays(2).skip(-1), "[skip] count must be a whole number of at least 0, got -1."],
    ["map", () => arrays(2).map(wrong(7)), "[map] the function must be a function, got 7."],
    ["a seed", () => arrays(2).shuffle({ seed: 0.5 }), "[shuffle] seed must be a whole number, got 0.5."],
    ["a buffer", () => arrays(2).shuffle({ bufferSize: 0 }), "[shuffle] bufferSize must be a positive integer, got 0."],
    ["an option of shuffle", () => arrays(2).shuffle(wrong({ buffer: 10 })), '[shuffle] unknown option "buffer". Known: seed, bufferSize.'],
    [
      "the loader's old name",
      () => dataLoader(arrays(2), wrong({ dropLast: true })),
      '[dataLoader] unknown option "dropLast". Here it is called "dropRemainder". Known: batchSize, shuffle, seed, dropRemainder.',
    ],
    [
      "the loader's batches",
      () => dataLoader(arrays(2), { batchSize: 0.5 }),
      "[dataLoader] batchSize must be a positive integer, got 0.5.",
    ],
    [
      "the loader's order",
      () => dataLoader(arrays(2), { shuffle: wrong("yes") }),
      '[dataLoader] shuffle must be true or false, got "yes".',
    ],
    ["a folder", () => mnist({ directory: wrong(7) }), "[mnist] directory must be a text, got 7."],
    ["an option of mnist", () => mnist(wrong({ folder: "data" })), '[mnist] unknown option "folder". Known: directory, onProgress.'],
    [
      "an option of fashionMnist",
      () => fashionMnist(wrong({ folder: "data" })),
      '[fashionMnist] unknown option "folder". Known: directory, onProgress.',
    ],
    ["sineOfSquares", () => sineOfSquares(10, { features: 0 }), "[sineOfSquares] features must be a positive integer, got 0."],
    ["signOfSine", () => signOfSine(0), "[signOfSine] count must be a positive integer, got 0."],
    ["moons", () => moons(10, { noise: -1 }), "[moons] noise must be a number of at least 0, got -1."],
    [
      "circles",
      () => circles(10, wrong({ random_state: 1 })),
      '[circles] unknown option "random_state". Here it is called "seed". Known: seed, noise.',
    ],
    ["spirals", () => spirals(10, { turns: Number.NaN }), "[spirals] turns must be a finite number, got NaN."],
  ])("as options: %s", async (_, work, message) => {
    expect(await refusal(work)).toEqual(["option", message]);
  });
});

test("a map may be async", async () => {
  const later = async ({ x, y }: { x: Tensor; y: Tensor }) => ({ x, y: y.mul(2) });
  expect(await flat(arrays(3).map(later as never))).toEqual([0, 2, 4]);
});

describe("weights of samples", () => {
  const parts = async (samples: Dataset): Promise<number[][]> => {
    const found: number[][] = [];
    for await (const { x, y, weight } of samples) found.push([x, y, weight!].flatMap((part) => evaluated(part)));
    return found;
  };
  const wanted = [
    [1, 2, 10, 20, 0.5, 1],
    [3, 30, 1.5],
  ];

  test("go with x and y through batches, from all samples, samples one by one and streams", async () => {
    const samples = [1, 2, 3].map((x) => ({ x, y: 10 * x, weight: x / 2 }));
    expect(await parts(dataset({ x: [1, 2, 3], y: [10, 20, 30], weight: [0.5, 1, 1.5] }).batch(2))).toEqual(wanted);
    expect(await parts(dataset(samples).batch(2))).toEqual(wanted);
    expect(await parts(dataset(() => samples).batch(2))).toEqual(wanted);
    expect(
      await parts(
        dataset(samples)
          .map((sample) => sample)
          .batch(2),
      ),
    ).toEqual(wanted);
  });

  test("are there for all samples or none", async () => {
    expect(() =>
      dataset([
        { x: 1, y: 1, weight: 2 },
        { x: 1, y: 1 },
      ]),
    ).toThrow("[dataset] some samples have a weight and others none. Give every sample one, or none.");
    await expect(parts(dataset({ x: [1, 2], y: [1, 2], weight: [1] }))).rejects.toThrow(
      "[dataset] x has 2 samples ([2]), weight has 1 ([1]). Give one weight for each x.",
    );
  });
});

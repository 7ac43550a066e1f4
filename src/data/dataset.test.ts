import { describe, expect, test } from "vitest";
import "../runtime/install.ts";
import { tensor } from "../tensor/create.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { dataLoader, tensorDataset } from "./data-loader.ts";
import { type Dataset, dataset, type Sample } from "./dataset.ts";
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
    const loader = dataLoader(arrays(30), { shuffle: true, seed: 5, dropLast: true, batchSize: 4 });
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

  test("samples that are none", () => {
    expect(() => dataset([])).toThrow("[dataset] there are no samples. Give at least one { x, y }.");
    expect(() => dataset([{ x: 1, y: 1 }, [1, 1] as unknown as Sample])).toThrow(
      "[dataset] sample 1 is not { x, y }. Give every sample its features x and its label y.",
    );
  });

  test("options that make no sense", () => {
    expect(() => arrays(2).batch(0)).toThrow("[batch] size must be a positive integer, got 0.");
    expect(() => arrays(2).repeat(-1)).toThrow("[repeat] count must be a positive integer, got -1.");
    expect(() => arrays(2).take(1.5)).toThrow("[take] count must be a whole number >= 0, got 1.5.");
    expect(() => arrays(2).shuffle({ seed: 0.5 })).toThrow("[shuffle] seed must be a whole number, got 0.5.");
    expect(() => arrays(2).shuffle({ bufferSize: 0 })).toThrow("[shuffle] bufferSize must be a positive integer, got 0.");
  });
});

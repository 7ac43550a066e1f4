import { random, setDevice, tensor } from "gradsmith";
import { afterAll, beforeEach, describe, expect, test } from "vitest";
import { inNightly } from "../nightly.ts";
import { devices } from "./devices.ts";

afterAll(() => setDevice({ device: "cpu", tier: "auto" }));

/** Of the reference, a tenth: it takes one element at a time. */
describe.each(devices)("sums on $name", ({ name, settings }) => {
  beforeEach(() => setDevice(settings));
  const length = name === "reference" ? 200_000 : inNightly(4_000_000, 40_000_000);

  test("the mean of equal numbers is that number within 3e-7, as with NumPy's pairwise sums, however many there are", async () => {
    for (const count of [1_000, 5_000, 70_000, length]) {
      const mean = await tensor(new Float32Array(count).fill(0.1)).mean().item();
      expect(Math.abs(mean / Math.fround(0.1) - 1), `of ${count}`).toBeLessThan(count === 1_000 ? 6e-7 : 3e-7);
    }
  });

  test("sums of random numbers over rows, columns, and both agree with float64 within 4e-7", async () => {
    const [rows, columns] = name === "reference" ? [300, 40] : [5_000, 60];
    const x = random.uniform([rows, columns, 3], { seed: 1 });
    const elements = await x.read();
    for (const axes of [[0], [0, 1], [0, 2], [0, 1, 2]]) {
      const sums = await x.sum({ axes }).read();
      const kept = [0, 1, 2].filter((axis) => !axes.includes(axis));
      const exact = new Float64Array(sums.length);
      elements.forEach((value, i) => {
        const at = [Math.floor(i / (3 * columns)), Math.floor(i / 3) % columns, i % 3];
        const place = kept.reduce((index, axis) => index * [rows, columns, 3][axis]! + at[axis]!, 0);
        exact[place]! += value;
      });
      for (const [i, sum] of sums.entries()) expect(Math.abs(sum / exact[i]! - 1), `${axes} at ${i}`).toBeLessThan(4e-7);
    }
  });

  test("a sum of f64 that cancels is right to the last digits", async () => {
    const count = 100_000;
    const terms = Float64Array.from({ length: count }, (_, i) => (i % 2 === 0 ? 1 : -1) * (1 + Math.floor(i / 2)) ** 0.5);
    expect(Math.abs(await tensor(terms).sum().item())).toBeLessThan(1e-9);
  });

  test("infinities and NaN are what IEEE 754 makes of them, in long sums too", async () => {
    const ones = (change: (x: Float32Array) => void): Promise<number> => {
      const x = new Float32Array(100_000).fill(1);
      change(x);
      return tensor(x).sum().item();
    };
    expect(await ones((x) => x.fill(Infinity, 777, 778))).toBe(Infinity);
    expect(await ones((x) => x.fill(-Infinity, 777, 778))).toBe(-Infinity);
    expect(await ones((x) => x.fill(NaN, 777, 778))).toBeNaN();
    expect(await ones((x) => x.set([Infinity, -Infinity], 777))).toBeNaN();
    if (name !== "reference") expect(await ones((x) => x.fill(3e38))).toBe(Infinity);
  });
});

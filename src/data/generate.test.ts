import { expect, test } from "vitest";
import "../runtime/install.ts";
import { circles, moons, signOfSine, sineOfSquares, spirals, xorSamples } from "./generate.ts";

test("exclusive or is its truth table", async () => {
  const { x, y } = xorSamples();
  expect(await x.array()).toEqual([
    [0, 0],
    [0, 1],
    [1, 0],
    [1, 1],
  ]);
  expect(await y.array()).toEqual([[0], [1], [1], [0]]);
});

test("the lectures' labels follow their formula: y = sin(sum x^2), and 1 where that is >= 0", async () => {
  const { x, y } = sineOfSquares(500, { seed: 4 });
  const { x: same, y: label } = signOfSine(500, { seed: 4 });
  expect([x.shape, y.shape, label.shape, label.dtype]).toEqual([[500, 10], [500], [500], "f32"]);
  const [points, values, signs] = await Promise.all([x.read(), y.read(), label.read()]);
  expect(await same.read()).toEqual(points);
  for (let i = 0; i < 500; i++) {
    const squares = Array.from(points.slice(10 * i, 10 * i + 10)).reduce((sum, value) => sum + value ** 2, 0);
    expect(values[i]).toBeCloseTo(Math.sin(squares), 5);
    expect(signs[i]).toBe(values[i]! >= 0 ? 1 : 0);
  }
  expect(points.every((value) => value >= 0 && value < 1)).toBe(true);
  expect(await sineOfSquares(500, { seed: 5 }).x.read()).not.toEqual(points);
});

async function pointsOf({
  x,
  y,
}: {
  x: { read(): Promise<ArrayLike<number>> };
  y: { read(): Promise<ArrayLike<number>> };
}): Promise<[number, number, number][]> {
  const [points, labels] = await Promise.all([x.read(), y.read()]);
  return Array.from(labels, (label, i) => [points[2 * i]!, points[2 * i + 1]!, label]);
}

test("circles lie on their radii, half and half", async () => {
  const points = await pointsOf(circles(200, { seed: 1 }));
  for (const [x, y, label] of points) expect(Math.hypot(x, y)).toBeCloseTo(label === 1 ? 0.5 : 1, 5);
  expect(points.filter(([, , label]) => label === 1).length).toBe(100);
});

test("moons lie on two half circles of radius 1, around (0, 0) and (1, 0.5)", async () => {
  for (const [x, y, label] of await pointsOf(moons(200, { seed: 2 }))) {
    expect(Math.hypot(x - label, y - label / 2)).toBeCloseTo(1, 5);
    expect(label === 0 ? y >= -1e-6 : y <= 0.5 + 1e-6).toBe(true);
  }
});

test("spirals turn by their radius, the second half a turn behind", async () => {
  for (const [x, y, label] of await pointsOf(spirals(200, { seed: 3, turns: 2 }))) {
    const radius = Math.hypot(x, y);
    const angle = 4 * Math.PI * radius + label * Math.PI;
    expect(x).toBeCloseTo(radius * Math.cos(angle), 4);
    expect(y).toBeCloseTo(radius * Math.sin(angle), 4);
  }
});

test("noise has the standard deviation asked for", async () => {
  const clean = await moons(4000, { seed: 6 }).x.read();
  const noisy = await moons(4000, { seed: 6, noise: 0.1 }).x.read();
  const squares = Array.from(noisy).reduce((sum, value, i) => sum + (value - clean[i]!) ** 2, 0);
  expect(Math.sqrt(squares / noisy.length)).toBeCloseTo(0.1, 2);
});

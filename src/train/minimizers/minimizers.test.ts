import { expect, test } from "vitest";
import { bfgs } from "./bfgs.ts";
import { bruteForce } from "./brute-force.ts";
import { adaptive, descend, steepest } from "./descent.ts";
import { dot, type Problem } from "./problem.ts";

function problem(start: readonly number[], f: (x: Float64Array) => number, gradient: (x: Float64Array) => number[]): Problem {
  return {
    start: Float64Array.from(start),
    at: async (x) => ({ x, value: f(x), gradient: Float64Array.from(gradient(x)) }),
    valueAt: async (x) => f(x),
  };
}

/** Least, 0, at (1, ..., 1), at the end of a curved valley. */
const rosenbrock = (start: readonly number[]): Problem =>
  problem(
    start,
    (x) => x.slice(1).reduce((sum, next, i) => sum + 100 * (next - x[i]! ** 2) ** 2 + (1 - x[i]!) ** 2, 0),
    (x) =>
      Array.from(x, (value, i) => {
        const before = i === 0 ? 0 : 200 * (value - x[i - 1]! ** 2);
        const after = i === x.length - 1 ? 0 : -400 * value * (x[i + 1]! - value ** 2) - 2 * (1 - value);
        return before + after;
      }),
  );

/** `sum c (x - 3)^2`, whose condition number is 100. */
const scales = [1, 10, 100];
const bowl = (): Problem =>
  problem(
    [0, 0, 0],
    (x) => x.reduce((sum, value, i) => sum + scales[i]! * (value - 3) ** 2, 0),
    (x) => Array.from(x, (value, i) => 2 * scales[i]! * (value - 3)),
  );

const limits = { maxIterations: 500, tolerance: 1e-6 };

test.each([[[-1.2, 1]], [[0, 0]], [[-3, -4]], [[-1.2, 1, -1.2, 1, 0.5]]])(
  "BFGS finds the known minimum of Rosenbrock's function from %j",
  async (start) => {
    const { x, value, iterations, converged, path } = await bfgs(rosenbrock(start), limits);
    expect(converged).toBe(true);
    expect(value).toBeLessThan(1e-12);
    for (const component of x) expect(component).toBeCloseTo(1, 5);
    expect(iterations).toBeLessThan(120);
    expect(path.length).toBe(iterations + 1);
    for (let i = 1; i < path.length; i++) expect(path[i]!.value).toBeLessThanOrEqual(path[i - 1]!.value);
  },
);

test("BFGS ends a quadratic in a few steps a dimension, where gradient descent needs thousands", async () => {
  const { iterations, converged } = await bfgs(bowl(), limits);
  expect(converged).toBe(true);
  expect(iterations).toBeLessThan(20);
});

test("BFGS says it has not converged where it ran out of iterations, or where the function has no minimum", async () => {
  expect(await bfgs(rosenbrock([-1.2, 1]), { maxIterations: 3, tolerance: 1e-6 })).toMatchObject({ iterations: 3, converged: false });
  const downhill = problem(
    [1],
    (x) => -(x[0]! ** 2),
    (x) => [-2 * x[0]!],
  );
  await expect(bfgs(downhill, limits)).rejects.toThrow("[minimize] the function falls without end. Give it a lower bound.");
  const nowhere = problem(
    [0],
    () => Number.NaN,
    () => [1],
  );
  await expect(bfgs(nowhere, limits)).rejects.toThrow("[minimize] the function is NaN at the start. Start somewhere else.");
});

test("BFGS walks around a wall: a step to where the function is NaN is shortened", async () => {
  const walled = problem(
    [0.1],
    (x) => (x[0]! <= 0 ? Number.NaN : x[0]! - Math.log(x[0]!)),
    (x) => [1 - 1 / x[0]!],
  );
  const { x, converged } = await bfgs(walled, limits);
  expect(converged).toBe(true);
  expect(x[0]).toBeCloseTo(1, 5);
});

test("gradient descent converges at the rate theory gives: the slowest component shrinks by 1 - 2 c r a step", async () => {
  const rate = 0.004;
  const { path, converged } = await descend(bowl(), steepest(rate), { maxIterations: 5000, tolerance: 1e-6 });
  expect(converged).toBe(true);
  const error = (step: number): number => Math.abs(path[step]!.x[0]! - 3);
  expect(error(101) / error(100)).toBeCloseTo(1 - 2 * rate, 10);
});

test("gradient descent that diverges stops and says what to do", async () => {
  await expect(descend(bowl(), steepest(0.5), limits)).rejects.toThrow(
    /^\[minimize\] the function is Infinity or has no gradient at iteration \d+\. Use a smaller learningRate\.$/,
  );
});

test("Adam's first step is the learning rate in every component, whatever the scale (Kingma and Ba)", async () => {
  const { path } = await descend(bowl(), adaptive(0.1, 3), { maxIterations: 1, tolerance: 1e-6 });
  for (const component of path[1]!.x) expect(component).toBeCloseTo(0.1, 8);
});

test("Adam reaches the minimum of a badly scaled bowl", async () => {
  const { x } = await descend(bowl(), adaptive(0.05, 3), { maxIterations: 3000, tolerance: 1e-5 });
  for (const component of x) expect(component).toBeCloseTo(3, 4);
});

test("brute force finds the best point of the grid, ends included", async () => {
  const { x, value, iterations, path } = await bruteForce(
    bowl(),
    [
      [0, 3],
      [-3, 3],
      [3, 9],
    ],
    7,
  );
  expect([...x]).toEqual([3, 3, 3]);
  expect([value, iterations]).toEqual([0, 343]);
  expect(path.length).toBeGreaterThan(1);
  expect(dot(x, x)).toBe(27);
});

test("a grid that would never end is refused", async () => {
  await expect(
    bruteForce(
      bowl(),
      [
        [0, 1],
        [0, 1],
        [0, 1],
      ],
      1000,
    ),
  ).rejects.toThrow(
    "[minimize] 1000 points along each of 3 axes are 1000000000 evaluations; at most 1000000 are allowed. Use fewer pointsPerAxis, or a method that follows the gradient.",
  );
});

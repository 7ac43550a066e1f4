import { describe, expect, test } from "vitest";
import { refusal } from "../../test/refusal.ts";
import "../runtime/install.ts";
import { tensor } from "../tensor/create.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { minimize } from "./minimize.ts";

const bowl = (w: Tensor): Tensor => w.sub(3).square().sum();

/** `(1 - a)^2 + 100 (b - a^2)^2`, least at (1, 1). */
function rosenbrock(w: Tensor): Tensor {
  const [a, b] = [w.get(0), w.get(1)];
  return a.sub(1).square().add(b.sub(a.square()).square().mul(100));
}

test.each(["bfgs", "gradientDescent", "adam"] as const)("%s finds the known minimum of a bowl", async (method) => {
  const { x, value, iterations, converged, path } = await minimize(bowl, tensor([0, 0]), { method });
  for (const component of await x.read()) expect(component).toBeCloseTo(3, 3);
  expect(value).toBeCloseTo(0, 6);
  expect(converged).toBe(true);
  expect(path.length).toBe(iterations + 1);
  expect([...path[0]!.x]).toEqual([0, 0]);
});

test("BFGS, the default, finds Rosenbrock's known minimum in f32", async () => {
  const { x, iterations } = await minimize(rosenbrock, tensor([-1.2, 1]), { maxIterations: 100, tolerance: 1e-3 });
  for (const component of await x.read()) expect(component).toBeCloseTo(1, 2);
  expect(iterations).toBeLessThan(60);
});

test("brute force looks at every point of the grid and keeps the best", async () => {
  const { x, value, iterations } = await minimize(bowl, tensor([[0, 0]]), { method: "bruteForce", bounds: [0, 4], pointsPerAxis: 5 });
  expect(x.shape).toEqual([1, 2]);
  expect(await x.array()).toEqual([[3, 3]]);
  expect([value, iterations]).toEqual([0, 25]);
});

test("the result has the start's shape and dtype", async () => {
  const { x } = await minimize((w) => w.sub(1).square().sum(), tensor([[0, 0, 0]]));
  expect([x.shape, x.dtype]).toEqual([[1, 3], "f32"]);
});

describe("what is refused", () => {
  const start = tensor([0, 0]);
  test("a function that is no scalar", async () => {
    await expect(minimize((w) => w.square(), start)).rejects.toThrow(
      "[minimize] the function gives [2] where a scalar is minimised. End it with sum() or mean().",
    );
  });
  test("an unknown method, with the nearest", async () => {
    await expect(minimize(bowl, start, { method: "bgfs" as "bfgs" })).rejects.toThrow(
      '[minimize] unknown method "bgfs". Did you mean "bfgs"? Known: bfgs, gradientDescent, adam, bruteForce.',
    );
  });
  test("brute force without bounds, or with wrong ones", async () => {
    await expect(minimize(bowl, start, { method: "bruteForce" })).rejects.toThrow(
      "[minimize] bruteForce needs bounds. Give [low, high] for each component, or one for all.",
    );
    await expect(minimize(bowl, start, { method: "bruteForce", bounds: [[0, 1]] })).rejects.toThrow(
      "[minimize] there are 1 bounds for 2 components. Give one pair for each, or one for all.",
    );
    await expect(minimize(bowl, start, { method: "bruteForce", bounds: [1, 0] })).rejects.toThrow(
      "[minimize] bounds must ascend, got [1, 0].",
    );
    await expect(minimize(bowl, start, { method: "bruteForce", bounds: [0, 1], pointsPerAxis: 1 })).rejects.toThrow(
      "[minimize] pointsPerAxis must be 2 or more, got 1.",
    );
  });
  const wrong = (value: unknown) => value as never;
  test.each<readonly [string, () => unknown, string, string]>([
    [
      "an unknown option",
      () => minimize(bowl, start, wrong({ maxiter: 5 })),
      "option",
      '[minimize] unknown option "maxiter". Here it is called "maxIterations". Known: method, learningRate, maxIterations, tolerance, bounds, pointsPerAxis.',
    ],
    [
      "another method's option",
      () => minimize(bowl, start, { learningRate: 0.1 }),
      "option",
      '[minimize] learningRate is no option of the method "bfgs". It takes maxIterations, tolerance.',
    ],
    [
      "no rate",
      () => minimize(bowl, start, { method: "adam", learningRate: 0 }),
      "option",
      "[minimize] learningRate must be a positive number, got 0.",
    ],
    [
      "half an iteration",
      () => minimize(bowl, start, { maxIterations: 0.5 }),
      "option",
      "[minimize] maxIterations must be a positive integer, got 0.5.",
    ],
    [
      "a tolerance that is none",
      () => minimize(bowl, start, { tolerance: Number.NaN }),
      "option",
      "[minimize] tolerance must be a number of at least 0, got NaN.",
    ],
    [
      "bounds that are none",
      () => minimize(bowl, start, { method: "bruteForce", bounds: wrong(4) }),
      "option",
      "[minimize] bounds must be an array, got 4.",
    ],
    [
      "bounds of one number",
      () => minimize(bowl, start, { method: "bruteForce", bounds: wrong([[1], [2]]) }),
      "option",
      "[minimize] bounds must be a finite number, got undefined.",
    ],
    [
      "a method that is no name",
      () => minimize(bowl, start, { method: wrong(5) }),
      "option",
      "[minimize] unknown method 5. Known: bfgs, gradientDescent, adam, bruteForce.",
    ],
    [
      "a start that is an array",
      () => minimize(bowl, wrong([0, 0])),
      "usage",
      "[minimize] the start must be a tensor, got [0, 0]. Write tensor([0, 0]).",
    ],
    ["no function", () => minimize(wrong(start), start), "option", "[minimize] the function must be a function, got an object."],
  ])("%s", async (_, work, code, message) => {
    expect(await refusal(work)).toEqual([code, message]);
  });

  test("a learning rate that diverges", async () => {
    await expect(minimize(bowl, start, { method: "gradientDescent", learningRate: 3 })).rejects.toThrow(
      /^\[minimize\] the function is Infinity or has no gradient at iteration \d+\. Use a smaller learningRate\.$/,
    );
  });
});

import { GradsmithError } from "../../core/errors.ts";
import { type Limits, largest, type Outcome, type Problem, type Visited } from "./problem.ts";

/** Turns gradients into steps, one after the other. */
export type StepRule = (gradient: Float64Array) => Float64Array;

/** `x <- x - learningRate * gradient`. */
export const steepest =
  (learningRate: number): StepRule =>
  (gradient) =>
    gradient.map((g) => -learningRate * g);

/** Steps scaled by running moments of the gradient. Source: Kingma and Ba, Adam (2015), algorithm 1. */
export function adaptive(learningRate: number, size: number): StepRule {
  const [beta1, beta2, epsilon] = [0.9, 0.999, 1e-8];
  const m = new Float64Array(size);
  const v = new Float64Array(size);
  let t = 0;
  return (gradient) => {
    t++;
    return gradient.map((g, i) => {
      m[i] = beta1 * m[i]! + (1 - beta1) * g;
      v[i] = beta2 * v[i]! + (1 - beta2) * g * g;
      return (-learningRate * (m[i]! / (1 - beta1 ** t))) / (Math.sqrt(v[i]! / (1 - beta2 ** t)) + epsilon);
    });
  };
}

/** Follows a rule from step to step until the gradient vanishes. */
export async function descend(problem: Problem, rule: StepRule, { maxIterations, tolerance }: Limits): Promise<Outcome> {
  let point = await problem.at(problem.start);
  const path: Visited[] = [{ x: point.x, value: point.value }];
  for (let iterations = 0; ; iterations++) {
    if (!Number.isFinite(point.value) || Number.isNaN(largest(point.gradient))) throw diverged(iterations, point.value);
    const converged = largest(point.gradient) <= tolerance;
    if (converged || iterations === maxIterations) return { x: point.x, value: point.value, iterations, converged, path };
    const step = rule(point.gradient);
    point = await problem.at(point.x.map((x, i) => x + step[i]!));
    path.push({ x: point.x, value: point.value });
  }
}

const diverged = (iteration: number, value: number): GradsmithError =>
  new GradsmithError(
    "training",
    "minimize",
    `the function is ${value} or has no gradient at iteration ${iteration}.`,
    iteration === 0 ? "Start somewhere else." : "Use a smaller learningRate.",
  );

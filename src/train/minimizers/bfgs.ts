import { GradsmithError } from "../../core/errors.ts";
import { dot, type Limits, largest, moved, type Outcome, type Point, type Problem, type Visited } from "./problem.ts";

/**
 * Quasi-Newton steps with an estimate of the inverse Hessian that every step improves (Broyden, Fletcher, Goldfarb, Shanno).
 * Source: Nocedal and Wright, Numerical Optimization, 2nd edition, algorithm 6.1 and equations 6.17 and 6.20.
 */
export async function bfgs(problem: Problem, { maxIterations, tolerance }: Limits): Promise<Outcome> {
  let point = await problem.at(problem.start);
  if (!Number.isFinite(point.value))
    throw new GradsmithError("training", "minimize", `the function is ${point.value} at the start.`, "Start somewhere else.");
  let inverse = identity(point.x.length, 1);
  const path: Visited[] = [{ x: point.x, value: point.value }];
  for (let iterations = 0; ; iterations++) {
    const converged = largest(point.gradient) <= tolerance;
    if (converged || iterations === maxIterations) return { x: point.x, value: point.value, iterations, converged, path };
    const next = await lineSearch(problem, point, times(inverse, point.gradient));
    if (next === undefined) return { x: point.x, value: point.value, iterations, converged: false, path };
    if (next.value === Number.NEGATIVE_INFINITY)
      throw new GradsmithError("training", "minimize", "the function falls without end.", "Give it a lower bound.");
    inverse = improved(inverse, point, next, iterations === 0);
    point = next;
    path.push({ x: point.x, value: point.value });
  }
}

/**
 * A step along `-ascent` that decreases the function enough and flattens its slope enough (the weak Wolfe conditions), by doubling and halving.
 * `undefined` when rounding leaves nothing to gain. Source: Lewis and Overton, Nonsmooth optimization via quasi-Newton methods (2013), algorithm 2.6.
 */
async function lineSearch(problem: Problem, from: Point, ascent: Float64Array): Promise<Point | undefined> {
  const [enoughDecrease, enoughFlattening] = [1e-4, 0.9];
  const slope = -dot(from.gradient, ascent);
  let low = 0;
  let high = Number.POSITIVE_INFINITY;
  let step = 1;
  let best: Point | undefined;
  for (let attempt = 0; attempt < 60; attempt++) {
    const point = await problem.at(moved(from.x, ascent, -step));
    if (!(point.value <= from.value + enoughDecrease * step * slope)) high = step;
    else {
      if (point.value < from.value) best = point;
      if (-dot(point.gradient, ascent) >= enoughFlattening * slope) return point;
      low = step;
    }
    step = high === Number.POSITIVE_INFINITY ? 2 * low : (low + high) / 2;
  }
  return best;
}

/** `H <- (I - r s y') H (I - r y s') + r s s'` with `r = 1 / (y's)`; as it was where the curvature `y's` is not positive. */
function improved(inverse: Float64Array[], from: Point, to: Point, isFirst: boolean): Float64Array[] {
  const s = to.x.map((x, i) => x - from.x[i]!);
  const y = to.gradient.map((g, i) => g - from.gradient[i]!);
  const curvature = dot(y, s);
  if (!(curvature > 1e-14 * Math.sqrt(dot(s, s) * dot(y, y)))) return inverse;
  const h = isFirst ? identity(s.length, curvature / dot(y, y)) : inverse;
  const hy = times(h, y);
  const scale = (1 + dot(y, hy) / curvature) / curvature;
  return h.map((row, i) => row.map((value, j) => value + scale * s[i]! * s[j]! - (hy[i]! * s[j]! + s[i]! * hy[j]!) / curvature));
}

const identity = (size: number, scale: number): Float64Array[] =>
  Array.from({ length: size }, (_, i) => Float64Array.from({ length: size }, (_, j) => (i === j ? scale : 0)));

const times = (matrix: readonly Float64Array[], vector: Float64Array): Float64Array => Float64Array.from(matrix, (row) => dot(row, vector));

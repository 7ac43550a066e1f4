import { GradsmithError } from "../../core/errors.ts";
import type { Outcome, Problem, Visited } from "./problem.ts";

/** More evaluations than this are a mistake. */
const mostPoints = 1_000_000;

/** The function at every point of a grid, ends included. The path is every point that was better than all before it. */
export async function bruteForce(
  problem: Problem,
  bounds: readonly (readonly [number, number])[],
  pointsPerAxis: number,
): Promise<Outcome> {
  const total = pointsPerAxis ** bounds.length;
  if (total > mostPoints) {
    throw new GradsmithError(
      "option",
      "minimize",
      `${pointsPerAxis} points along each of ${bounds.length} axes are ${total} evaluations; at most ${mostPoints} are allowed.`,
      "Use fewer pointsPerAxis, or a method that follows the gradient.",
    );
  }
  const path: Visited[] = [];
  for (let index = 0; index < total; index++) {
    const x = gridPoint(index, bounds, pointsPerAxis);
    const value = await problem.valueAt(x);
    if (value < (path.at(-1)?.value ?? Number.POSITIVE_INFINITY)) path.push({ x, value });
  }
  const best = path.at(-1);
  if (best === undefined)
    throw new GradsmithError("training", "minimize", "the function is not finite at any point of the grid.", "Choose other bounds.");
  return { ...best, iterations: total, converged: true, path };
}

function gridPoint(index: number, bounds: readonly (readonly [number, number])[], pointsPerAxis: number): Float64Array {
  let rest = index;
  return Float64Array.from(bounds, ([low, high]) => {
    const place = rest % pointsPerAxis;
    rest = Math.floor(rest / pointsPerAxis);
    return low + ((high - low) * place) / (pointsPerAxis - 1);
  });
}

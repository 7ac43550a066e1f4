import { valueAndGrad } from "../autodiff/grad.ts";
import { anything, callable, choose, finiteNumber, listOf, nonNegativeNumber, positiveInteger, positiveNumber } from "../core/checks.ts";
import { GradsmithError } from "../core/errors.ts";
import type { OptionChecks } from "../core/options.ts";
import { checkOptions, described } from "../core/options.ts";
import { showShape } from "../core/shape.ts";
import { compile } from "../runtime/compile.ts";
import { tensor } from "../tensor/create.ts";
import { Tensor } from "../tensor/tensor.ts";
import { bfgs } from "./minimizers/bfgs.ts";
import { bruteForce } from "./minimizers/brute-force.ts";
import { adaptive, descend, steepest } from "./minimizers/descent.ts";
import type { Outcome, Problem, Visited } from "./minimizers/problem.ts";

/** The options of `minimize`. */
export interface MinimizeOptions {
  /** Default "bfgs". */
  readonly method?: "bfgs" | "gradientDescent" | "adam" | "bruteForce";
  /** Of gradientDescent and adam. Default 0.1. */
  readonly learningRate?: number;
  /** Default 200 for bfgs, 10,000 for gradientDescent and adam. */
  readonly maxIterations?: number;
  /** Converged when no component of the gradient is larger. Default 1e-4; 1e-6 where the start is f64. */
  readonly tolerance?: number;
  /** Of bruteForce, which needs them: [low, high] for each component, or one for all. */
  readonly bounds?: readonly (readonly [number, number])[] | readonly [number, number];
  /** Of bruteForce: how fine the grid is. Default 21. */
  readonly pointsPerAxis?: number;
}

/** What `minimize` found. */
export interface Minimum {
  /** Where the least value was found, in the start's shape and dtype. */
  readonly x: Tensor;
  /** The function's value there. */
  readonly value: number;
  /** Steps taken; of bruteForce, points looked at. */
  readonly iterations: number;
  /** Whether the gradient vanished, to the tolerance. */
  readonly converged: boolean;
  /** The points on the way, the start first; of bruteForce, each point better than all before it. */
  readonly path: readonly Visited[];
}

const checks: OptionChecks<MinimizeOptions> = {
  method: (where, _, value) => choose(where, "method", value as string, methods),
  learningRate: positiveNumber,
  maxIterations: positiveInteger,
  tolerance: nonNegativeNumber,
  bounds: listOf(anything),
  pointsPerAxis: positiveInteger,
};

/**
 * A place where `f`, a function of a tensor that gives a scalar, is least: near `start`, or within `bounds` for "bruteForce".
 *
 * "bfgs" takes quasi-Newton steps (Nocedal and Wright, algorithm 6.1), "gradientDescent" x ← x − learningRate·∇f, "adam" Adam's (Kingma and
 * Ba, 2015), and "bruteForce" looks at every point of a grid.
 *
 * @throws GradsmithError "shape" when `f` is not a scalar, "option" for options that make no sense or are another method's, "training" when
 * `f` stops being finite.
 * @example const { x, value } = await minimize((w) => w.sub(3).square().sum(), tensor([0, 0]));
 */
export async function minimize(f: (x: Tensor) => Tensor, start: Tensor, options: MinimizeOptions = {}): Promise<Minimum> {
  callable("minimize", "the function", f);
  if (!(start instanceof Tensor))
    throw new GradsmithError("usage", "minimize", `the start must be a tensor, got ${described(start)}.`, "Write tensor([0, 0]).");
  const { method = "bfgs" } = checkOptions("minimize", options, checks);
  const { run, takes } = methods[method];
  const given = Object.keys(options) as (keyof MinimizeOptions)[];
  const foreign = given.find((name) => options[name] !== undefined && name !== "method" && !takes.includes(name));
  if (foreign !== undefined) {
    const fix = `It takes ${takes.join(", ")}.`;
    throw new GradsmithError("option", "minimize", `${foreign} is no option of the method "${method}".`, fix);
  }
  const outcome = await run(await problemOf(f, start), options, start);
  return { ...outcome, x: tensor([...outcome.x], { dtype: start.dtype }).reshape(start.shape) };
}

interface Method {
  readonly takes: readonly (keyof MinimizeOptions)[];
  run(problem: Problem, options: MinimizeOptions, start: Tensor): Promise<Outcome>;
}

const methods: Readonly<Record<NonNullable<MinimizeOptions["method"]>, Method>> = {
  bfgs: {
    takes: ["maxIterations", "tolerance"],
    run: (problem, options, start) => bfgs(problem, limitsOf(options, start, 200)),
  },
  gradientDescent: {
    takes: ["learningRate", "maxIterations", "tolerance"],
    run: (problem, options, start) => descend(problem, steepest(rateOf(options)), limitsOf(options, start, 10_000)),
  },
  adam: {
    takes: ["learningRate", "maxIterations", "tolerance"],
    run: (problem, options, start) => descend(problem, adaptive(rateOf(options), start.size), limitsOf(options, start, 10_000)),
  },
  bruteForce: {
    takes: ["bounds", "pointsPerAxis"],
    run: (problem, options, start) => bruteForce(problem, boundsOf(options, start), pointsOf(options)),
  },
};

/** Both programs are compiled once; every evaluation replays them. */
async function problemOf(f: (x: Tensor) => Tensor, start: Tensor): Promise<Problem> {
  const result = f(start);
  if (result.size !== 1) {
    throw new GradsmithError(
      "shape",
      "minimize",
      `the function gives ${showShape(result.shape)} where a scalar is minimised.`,
      "End it with sum() or mean().",
    );
  }
  const both = compile(valueAndGrad((x: Tensor) => f(x).reshape([])));
  const value = compile(f);
  const place = (x: Float64Array): Tensor => tensor([...x], { dtype: start.dtype }).reshape(start.shape);
  return {
    start: Float64Array.from(await start.read()),
    async at(x) {
      const { value: height, grads } = both(place(x));
      return { x, value: await height.item(), gradient: Float64Array.from(await grads.read()) };
    },
    valueAt: (x) => value(place(x)).item(),
  };
}

function limitsOf(options: MinimizeOptions, start: Tensor, mostIterations: number): { maxIterations: number; tolerance: number } {
  const { maxIterations = mostIterations, tolerance = start.dtype === "f64" ? 1e-6 : 1e-4 } = options;
  return { maxIterations, tolerance };
}

const rateOf = ({ learningRate = 0.1 }: MinimizeOptions): number => learningRate;

function pointsOf({ pointsPerAxis: points = 21 }: MinimizeOptions): number {
  if (points >= 2) return points;
  throw new GradsmithError("option", "minimize", "pointsPerAxis must be 2 or more, got 1.");
}

function boundsOf({ bounds }: MinimizeOptions, start: Tensor): (readonly [number, number])[] {
  if (bounds === undefined)
    throw new GradsmithError("option", "minimize", "bruteForce needs bounds.", "Give [low, high] for each component, or one for all.");
  const pairs =
    typeof bounds[0] === "number"
      ? Array.from({ length: start.size }, () => bounds as readonly [number, number])
      : (bounds as readonly (readonly [number, number])[]);
  if (pairs.length !== start.size)
    throw new GradsmithError(
      "option",
      "minimize",
      `there are ${pairs.length} bounds for ${start.size} components.`,
      "Give one pair for each, or one for all.",
    );
  for (const pair of pairs) {
    const [low, high] = Array.isArray(pair) ? pair : [];
    if (!(finiteNumber("minimize", "bounds", low) < finiteNumber("minimize", "bounds", high)))
      throw new GradsmithError("option", "minimize", `bounds must ascend, got ${described(pair)}.`);
  }
  return [...pairs];
}

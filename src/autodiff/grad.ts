import { callable, flag } from "../core/checks.ts";
import { isFloat } from "../core/dtype.ts";
import { GradsmithError } from "../core/errors.ts";
import type { OptionChecks } from "../core/options.ts";
import { checkOptions } from "../core/options.ts";
import { showShape } from "../core/shape.ts";
import { flatten, paths } from "../core/tree.ts";
import { holdGraphs } from "../tensor/execution.ts";
import { Tensor } from "../tensor/tensor.ts";
import { backward } from "./backward.ts";
import { differentiatedBy } from "./needs-gradient.ts";

/** What `valueAndGrad` gives. */
export interface ValueAndGrads<P> {
  /** What the function gives: a scalar. */
  readonly value: Tensor;
  /** The gradient for each tensor of the parameters, in its place. */
  readonly grads: P;
}
/** The same with what the function gave besides. */
export interface ValueAndGradsWithAux<P, Aux> extends ValueAndGrads<P> {
  /** What the function gives besides. */
  readonly aux: Aux;
}

export interface AuxOptions {
  /** Whether the function returns `[value, aux]`, with results beside the number that is differentiated. Default false. */
  readonly hasAux: true;
}

const checks: OptionChecks<AuxOptions> = { hasAux: flag };

/**
 * A function's value together with its gradient for its first argument: a tensor of floats, or a tree of them. What the function returns must
 * be one number, or with `hasAux` an array of one number and anything else, which comes back as `aux`.
 *
 * @throws GradsmithError "option" for an unknown option; when called, "usage", "shape" or "dtype" for parameters or a result that have no
 * gradient.
 * @example const { value, grads } = valueAndGrad((params) => mse(y, model.applyWith(params, x)))(params);
 */
export function valueAndGrad<P = Readonly<Record<string, Tensor>>, Rest extends readonly unknown[] = []>(
  f: (params: P, ...rest: Rest) => Tensor,
): (params: P, ...rest: Rest) => ValueAndGrads<P>;
export function valueAndGrad<P = Readonly<Record<string, Tensor>>, Rest extends readonly unknown[] = [], Aux = unknown>(
  f: (params: P, ...rest: Rest) => readonly [Tensor, Aux],
  options: AuxOptions,
): (params: P, ...rest: Rest) => ValueAndGradsWithAux<P, Aux>;
export function valueAndGrad<P, Rest extends readonly unknown[], Aux>(
  f: (params: P, ...rest: Rest) => Tensor | readonly [Tensor, Aux],
  options?: AuxOptions,
): (params: P, ...rest: Rest) => ValueAndGrads<P> | ValueAndGradsWithAux<P, Aux> {
  callable("valueAndGrad", "the function", f);
  if (options !== undefined) checkOptions("valueAndGrad", options, checks);
  return (params, ...rest) =>
    holdGraphs(() => {
      const { leaves, rebuild } = flatten(params, isTensor);
      checkParameters(params, leaves);
      // A node of its own for each parameter tells it from an equal tensor that came in another way.
      const marked = leaves.map((leaf) => leaf.identity());
      const nodes = marked.map((leaf) => leaf.node);
      const result = differentiatedBy(nodes, () => f(rebuild(marked) as P, ...rest));
      const [value, aux] = options?.hasAux === true ? (result as readonly [Tensor, Aux]) : [result as Tensor, undefined];
      checkValue(value);
      const found = backward(value, value.fill(1), nodes);
      const grads = rebuild(marked.map((leaf, i) => found[i] ?? leaf.fill(0))) as P;
      return options?.hasAux === true ? { value, grads, aux: aux as Aux } : { value, grads };
    });
}

/**
 * The gradient of a function of tensors that returns one number, for its first argument: `grad(f)(x)` has the shape of `x`.
 *
 * @throws GradsmithError as `valueAndGrad`.
 * @example await grad((x) => x.square().sum())(tensor([1, 2])).read() // 2, 4
 */
export function grad<P, Rest extends readonly unknown[]>(f: (params: P, ...rest: Rest) => Tensor): (params: P, ...rest: Rest) => P {
  callable("grad", "the function", f);
  const both = valueAndGrad(f);
  return (params, ...rest) => both(params, ...rest).grads;
}

const isTensor = (x: unknown): x is Tensor => x instanceof Tensor;

function checkParameters(params: unknown, leaves: readonly Tensor[]): void {
  if (leaves.length === 0) {
    throw new GradsmithError(
      "usage",
      "grad",
      "the first argument holds no tensors.",
      "Pass a tensor, or a tree of them; wrap numbers with tensor(...).",
    );
  }
  const wrong = leaves.findIndex((leaf) => !isFloat(leaf.dtype));
  if (wrong < 0) return;
  const name = paths(params, isTensor)[wrong]!;
  throw new GradsmithError(
    "dtype",
    "grad",
    `${name === "" ? "the parameter" : name} is ${leaves[wrong]!.dtype}.`,
    'Only floats have gradients: cast("f32") it, or pass it as another argument.',
  );
}

function checkValue(value: unknown): void {
  if (!isTensor(value)) {
    throw new GradsmithError(
      "usage",
      "grad",
      `the function returned ${value === null ? "null" : Array.isArray(value) ? "an array" : typeof value}, not a tensor.`,
      "Return one number as a tensor; for more results pass { hasAux: true } and return [value, aux].",
    );
  }
  if (value.rank !== 0)
    throw new GradsmithError(
      "shape",
      "grad",
      `the function returned ${showShape(value.shape)}, not one number.`,
      "Reduce it with sum() or mean().",
    );
  if (!isFloat(value.dtype))
    throw new GradsmithError("dtype", "grad", `the function returned ${value.dtype}.`, "Integers have no gradient: compute with floats.");
}

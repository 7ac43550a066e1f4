import { callable } from "../core/checks.ts";
import { GradsmithError } from "../core/errors.ts";
import { sameShape, showShape } from "../core/shape.ts";
import { makeNode } from "../ir/graph.ts";
import { customGradient as row } from "../tensor/ops/identity.ts";
import { Tensor } from "../tensor/tensor.ts";

/** The gradients of the inputs, given `g`, the gradient of the output. `null` for an input that has none. */
export type Backward = (g: Tensor, inputs: readonly Tensor[], output: Tensor) => readonly (Tensor | null)[];

/**
 * A function with a gradient of your own, which replaces the derivative of what it computes.
 *
 * @throws GradsmithError "option" unless both are functions; when its gradient is taken, "usage" or "shape" for gradients that don't suit.
 * @example const roundStraight = customGradient((x) => x.round(), (g) => [g]);
 */
export function customGradient<Inputs extends readonly Tensor[]>(
  forward: (...inputs: Inputs) => Tensor,
  backward: Backward,
): (...inputs: Inputs) => Tensor {
  callable("customGradient", "the forward function", forward);
  callable("customGradient", "the backward function", backward);
  return (...inputs) => {
    const value = forward(...(inputs.map((x) => x.stopGradient()) as unknown as Inputs));
    const nodes = inputs.map((x) => x.node);
    const rule = row(nodes, (g, given, output) => {
      const gradients = backward(g, given, output);
      check(gradients, given);
      return gradients;
    });
    return new Tensor(makeNode(rule, [value.node], undefined));
  };
}

/** Turns gradients back: what is computed of `x` is a constant to `grad`. */
export const stopGradient = (x: Tensor): Tensor => x.stopGradient();

function check(gradients: readonly (Tensor | null)[], inputs: readonly Tensor[]): void {
  if (gradients.length !== inputs.length) {
    throw new GradsmithError(
      "usage",
      "customGradient",
      `the backward function gave ${gradients.length} gradients for ${inputs.length} inputs.`,
      "Return one for each, or null.",
    );
  }
  gradients.forEach((g, i) => {
    const shape = inputs[i]!.shape;
    if (g === null || sameShape(g.shape, shape)) return;
    throw new GradsmithError(
      "shape",
      "customGradient",
      `gradient ${i} is ${showShape(g.shape)}, its input ${showShape(shape)}.`,
      "Sum it over the axes that were stretched.",
    );
  });
}

import type { Node } from "../../ir/graph.ts";
import type { ElementwiseRow, Vjp } from "./define.ts";
import { elementwise, unary } from "./define.ts";

/** The value itself, as a node of its own: what `grad` marks the arguments with. */
export const identity = unary("identity", { operands: "as given", scalar: (x) => x, vjp: (g) => g });

/** The value itself, a constant to `grad`. */
export const stopGradient = unary("stopGradient", { operands: "as given", scalar: (x) => x, vjp: () => null });

/** The value itself, with a gradient that somebody else wrote, for the nodes they named. */
export const customGradient = (gradientInputs: readonly Node[], vjp: Vjp): ElementwiseRow => ({
  ...elementwise("customGradient", { operands: "as given", scalar: ([x]) => x!, vjp }),
  gradientInputs,
});

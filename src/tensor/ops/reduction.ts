import { GradsmithError } from "../../core/errors.ts";
import { showShape } from "../../core/shape.ts";
import type { Reduce, ReduceAttributes } from "../../ir/graph.ts";
import type { Tensor } from "../tensor.ts";
import type { ReduceRow, Vjp } from "./define.ts";

function reduction(name: string, combine: Reduce["combine"], vjp: Vjp<ReduceAttributes>): ReduceRow {
  const hasIdentity = combine === "add" || combine === "mul";
  return {
    name,
    kind: "reduce",
    combine,
    infer([x], attributes) {
      const { axes } = attributes as ReduceAttributes;
      const { dtype, shape } = x!;
      if (!hasIdentity && axes.some((axis) => shape[axis] === 0)) {
        throw new GradsmithError(
          "shape",
          name,
          `${showShape(shape)} has nothing to take the ${name} of.`,
          "Check for an empty batch before.",
        );
      }
      return { dtype, shape: shape.filter((_, axis) => !axes.includes(axis)) };
    },
    vjp: (g, inputs, output, attributes) => vjp(g, inputs, output, attributes as ReduceAttributes),
  };
}

export const sum = reduction("sum", "add", (g, [x], _y, { axes }) => [g.expandDims(axes).broadcastTo(x!.shape)]);

/** What the other factors multiply to, with no division by a zero: only a single zero has a gradient, the product of the rest. */
export const prod = reduction("prod", "mul", (g, [x], _y, { axes }) => {
  const isZero = x!.equal(0);
  const zeros = isZero.sum({ axes, keepDims: true });
  const rest = isZero.where(1, x!);
  const product = rest.prod({ axes, keepDims: true });
  const others = isZero.where(zeros.equal(1).where(product, 0), zeros.equal(0).where(product.div(rest), 0));
  return [g.expandDims(axes).mul(others)];
});

/** Shared evenly among ties, as in PyTorch's `amax`. */
const toExtremes = (g: Tensor, x: Tensor, y: Tensor, axes: readonly number[]): Tensor => {
  const winners = x.equal(y.expandDims(axes));
  const count = winners.sum({ axes, keepDims: true });
  return winners.where(g.expandDims(axes).div(count), 0);
};
export const max = reduction("max", "max", (g, [x], y, { axes }) => [toExtremes(g, x!, y, axes)]);
export const min = reduction("min", "min", (g, [x], y, { axes }) => [toExtremes(g, x!, y, axes)]);

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

export const prod = reduction("prod", "mul", (g, [x], _y, { axes }) => {
  const kept = x!.shape.flatMap((_, axis) => (axes.includes(axis) ? [] : [axis]));
  const order = [...kept, ...axes];
  const count = axes.reduce((n, axis) => n * x!.shape[axis]!, 1);
  const last = x!.permute(order).reshape([...kept.map((axis) => x!.shape[axis]!), count]);
  const others = othersAlongLast(last).reshape(order.map((axis) => x!.shape[axis]!));
  const back = order.map((_, axis) => order.indexOf(axis));
  return [g.expandDims(axes).mul(others.permute(back))];
});

/**
 * Along the last axis, the product of all elements but each one: pairs are multiplied, what is beside each pair is found in the same way, and an
 * element's share is that times its partner. No division, so that zeros, infinities and what underflows are right, in later derivatives too.
 */
function othersAlongLast(x: Tensor): Tensor {
  const axis = x.rank - 1;
  const size = x.shape[axis]!;
  if (size <= 1) return x.fill(1);
  const whole = size % 2 === 0 ? x : x.pad([...x.shape.slice(0, -1).map(() => [0, 0] as const), [0, 1]], 1);
  const pairs = whole.reshape([...x.shape.slice(0, -1), Math.ceil(size / 2), 2]);
  const others = othersAlongLast(pairs.prod({ axis: -1 }));
  const shares = others
    .expandDims(-1)
    .mul(pairs.flip({ axis: -1 }))
    .reshape(whole.shape);
  return size % 2 === 0 ? shares : shares.slice([...x.shape.slice(0, -1).map(() => 0), 0], x.shape);
}

/** Shared evenly among ties, as in PyTorch's `amax`. */
const toExtremes = (g: Tensor, x: Tensor, y: Tensor, axes: readonly number[]): Tensor => {
  const winners = x.equal(y.expandDims(axes));
  const count = winners.sum({ axes, keepDims: true });
  return winners.where(g.expandDims(axes).div(count), 0);
};
export const max = reduction("max", "max", (g, [x], y, { axes }) => [toExtremes(g, x!, y, axes)]);
export const min = reduction("min", "min", (g, [x], y, { axes }) => [toExtremes(g, x!, y, axes)]);

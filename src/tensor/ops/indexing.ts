import { GradsmithError } from "../../core/errors.ts";
import { sameShape, showShape } from "../../core/shape.ts";
import type { GatherAttributes, ScatterAttributes } from "../../ir/graph.ts";
import type { Tensor } from "../tensor.ts";
import type { GatherRow, ScatterRow } from "./define.ts";

/** `axes` with the `count` axes from `from` moved to the front, and the way back. */
const toFront = (rank: number, from: number, count: number): number[] => {
  const axes = Array.from({ length: rank }, (_, i) => i);
  return [...axes.slice(from, from + count), ...axes.slice(0, from), ...axes.slice(from + count)];
};

/** `x` with `axis` replaced by the axes of `indices`, each index picking one slice. Indices are clamped to the axis. */
export const gather: GatherRow = {
  name: "gather",
  kind: "gather",
  infer([x, indices], attributes) {
    const { axis } = attributes as GatherAttributes;
    if (x!.shape[axis] === 0)
      throw new GradsmithError("shape", "gather", `axis ${axis} of ${showShape(x!.shape)} is empty.`, "There is nothing to pick from.");
    return { dtype: x!.dtype, shape: [...x!.shape.slice(0, axis), ...indices!.shape, ...x!.shape.slice(axis + 1)] };
  },
  vjp(g, [x, indices], _output, attributes) {
    const { axis } = attributes as GatherAttributes;
    const size = x!.shape[axis]!;
    const updates = g.permute(toFront(g.rank, axis, indices!.rank));
    const rows = updates.scatter(indices!.clip(0, size - 1), { size });
    const axes = toFront(x!.rank, axis, 1);
    return [rows.permute(axes.map((_, i) => axes.indexOf(i))), null];
  },
};

/** Zeros of shape [size, ...rest] with each update [...indices.shape, ...rest] added at row `index`. Updates outside are dropped. */
export const scatter: ScatterRow = {
  name: "scatter",
  kind: "scatter",
  infer([updates, indices], attributes) {
    const { size } = attributes as ScatterAttributes;
    const rank = indices!.shape.length;
    if (!sameShape(updates!.shape.slice(0, rank), indices!.shape)) {
      throw new GradsmithError(
        "shape",
        "scatter",
        `updates of shape ${showShape(updates!.shape)} do not begin with the shape of the indices, ${showShape(indices!.shape)}.`,
      );
    }
    return { dtype: updates!.dtype, shape: [size, ...updates!.shape.slice(rank)] };
  },
  vjp(g, [updates, indices], _output, attributes) {
    const { size } = attributes as ScatterAttributes;
    const inside: Tensor = indices!.greaterEqual(0).and(indices!.less(size));
    const rest = Array.from({ length: updates!.rank - indices!.rank }, (_, i) => indices!.rank + i);
    return [inside.expandDims(rest).where(g.gather(indices!), 0), null];
  },
};

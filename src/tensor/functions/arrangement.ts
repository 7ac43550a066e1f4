import { countingNumber, listOf, oneOrMore, positiveInteger } from "../../core/checks.ts";
import { GradsmithError } from "../../core/errors.ts";
import { normalizeAxis, showShape } from "../../core/shape.ts";
import type { AxisArgument } from "../axes.ts";
import { axisOf } from "../axes.ts";
import type { Tensor } from "../tensor.ts";

/** The tensors as slices along a new axis. */
export function stack(tensors: readonly Tensor[], argument?: AxisArgument): Tensor {
  const [first, ...others] = tensors;
  if (first === undefined) throw new GradsmithError("shape", "stack", "no tensors were given.", "Stack at least one.");
  const axis = axisOf("stack", argument, first.rank + 1, 0);
  return first.expandDims(axis).concat(
    others.map((t) => t.expandDims(axis)),
    { axis },
  );
}

/** The parts of `x` along an axis: so many equal ones, or ones of the given sizes. */
export function split(x: Tensor, parts: number | readonly number[], argument?: AxisArgument): Tensor[] {
  const axis = axisOf("split", argument, x.rank, 0);
  const length = x.shape[axis]!;
  const sizes =
    typeof parts === "number"
      ? Array.from({ length: positiveInteger("split", "the number of parts", parts) }, () => length / parts)
      : (listOf(countingNumber)("split", "parts", parts) as readonly number[]);
  if (sizes.some((size) => !Number.isInteger(size)) || sizes.reduce((a, b) => a + b, 0) !== length) {
    const wanted = typeof parts === "number" ? `${parts} equal parts` : `parts of ${parts.join(", ")}`;
    throw new GradsmithError(
      "shape",
      "split",
      `axis ${axis} of ${showShape(x.shape)} does not divide into ${wanted}.`,
      "The sizes must add up to the axis.",
    );
  }
  let begin = 0;
  return sizes.map((size) => {
    const starts = x.shape.map((_, i) => (i === axis ? begin : 0));
    begin += size;
    return x.slice(
      starts,
      x.shape.map((whole, i) => (i === axis ? size : whole)),
    );
  });
}

/** Each element `count` times in a row along an axis; of the flattened tensor when no axis is named. */
export function repeat(x: Tensor, count: number, argument?: AxisArgument): Tensor {
  countingNumber("repeat", "count", count);
  if (argument === undefined) return repeat(x.flatten(), count, 0);
  const axis = axisOf("repeat", argument, x.rank, 0);
  const wide = x.shape.flatMap((size, i) => (i === axis ? [size, count] : [size]));
  return x
    .expandDims(axis + 1)
    .broadcastTo(wide)
    .reshape(x.shape.map((size, i) => (i === axis ? size * count : size)));
}

/** The whole tensor side by side, `counts[i]` times along axis i, aligned right as in NumPy. */
export function tile(x: Tensor, counts: number | readonly number[]): Tensor {
  oneOrMore(countingNumber)("tile", "counts", counts);
  const given = typeof counts === "number" ? [counts] : counts;
  const rank = Math.max(given.length, x.rank);
  const aligned = (list: readonly number[]): number[] => [...new Array<number>(rank - list.length).fill(1), ...list];
  const [shape, times] = [aligned(x.shape), aligned(given)];
  return x
    .reshape(shape.flatMap((size) => [1, size]))
    .broadcastTo(shape.flatMap((size, i) => [times[i]!, size]))
    .reshape(shape.map((size, i) => size * times[i]!));
}

/** The whole of axis 0 at one position, or at as many as a tensor of them says. A negative number counts from the end. */
export function get(x: Tensor, index: number | Tensor): Tensor {
  if (typeof index !== "number") return x.gather(index);
  const start = normalizeAxis("get", 0, x.rank);
  const length = x.shape[start]!;
  const position = index < 0 ? index + length : index;
  if (!Number.isInteger(index) || position < 0 || position >= length) {
    throw new GradsmithError(
      "shape",
      "get",
      `${index} is not a position along axis 0 of ${showShape(x.shape)}.`,
      `Use ${-length} to ${length - 1}.`,
    );
  }
  return x.slice([position], [1]).squeeze(0);
}

/** 1 at the position each integer names along a new last axis of `depth`, else 0. Integers outside give only zeros. */
export function oneHot(x: Tensor, depth: number): Tensor {
  const wide = x.expandDims(-1);
  const positions = wide.broadcastTo([...x.shape, positiveInteger("oneHot", "depth", depth)]).positions({ axis: -1 });
  return wide.equal(positions).cast("f32");
}

import { sizeOf } from "../../src/core/shape.ts";
import type { Tensor } from "../../src/tensor/tensor.ts";
import type { Context, Step, Steps } from "./context.ts";
import { floating, isExact, isFloating } from "./value.ts";

/** The same elements elsewhere: what is known about them stays true. */
const moved =
  (f: (x: Tensor, context: Context) => Tensor): Step =>
  (value, context) => ({ ...value, tensor: f(value.tensor, context) });
/** For tensors with at least one axis. */
const along =
  (f: (x: Tensor, axis: number, context: Context) => Tensor | undefined): Step =>
  (value, context) => {
    if (value.tensor.rank === 0) return undefined;
    const tensor = f(value.tensor, context.below(value.tensor.rank), context);
    return tensor === undefined ? undefined : { ...value, tensor };
  };

/** The axes merged and split at random. */
function otherShape(x: Tensor, context: Context): number[] {
  if (x.size === 0) return [0, 3];
  const factors: number[] = [];
  let rest = x.size;
  for (let p = 2; p * p <= rest; p++) for (; rest % p === 0; rest /= p) factors.push(p);
  if (rest > 1) factors.push(rest);
  const shape = [1];
  for (const factor of context.shuffled(factors)) {
    if (shape.length < 4 && context.chance(2)) shape.push(factor);
    else shape[shape.length - 1]! *= factor;
  }
  return context.chance(3) ? shape : shape.filter((extent) => extent !== 1);
}

/** `x` times a new operand: some axes summed, of both or of `x` alone, some kept on both sides, some new. */
const contracted: Step = (value, context) => {
  const { tensor, bound, grid, error } = value;
  if (!isFloating(value) || !(bound <= 1e3) || tensor.rank > 6) return undefined;
  const letters = [..."abcdef"].slice(0, tensor.rank);
  const shared = letters.filter(() => context.chance(2));
  const summed = letters.filter((letter) => (shared.includes(letter) ? !context.chance(3) : context.chance(5)));
  const fresh = context.chance(3) ? [] : ["n"];
  const right = context.shuffled([...shared, ...fresh]);
  const output = context.shuffled([...letters.filter((letter) => !summed.includes(letter)), ...fresh]);
  const extent = (letter: string): number => (letter === "n" ? context.between(1, 9) : tensor.shape[letters.indexOf(letter)]!);
  const other = context.source(right.map(extent), context.float);
  const count = Math.max(1, sizeOf(summed.map(extent)));
  const product = tensor.contract(`${letters.join("")},${right.join("")}->${output.join("")}`, other.tensor);
  const rounding = isExact(value) ? 0 : bound * other.bound;
  return floating(product, {
    bound: bound * other.bound * count,
    grid: grid * other.grid,
    error: count * (error * other.bound + rounding),
  });
};

const scattered: Step = (value, context) => {
  const { tensor, bound, error } = value;
  if (!isFloating(value) || tensor.rank === 0) return undefined;
  const count = Math.max(1, tensor.shape[0]!);
  const size = context.between(1, 6);
  const result = tensor.scatter(context.positions([tensor.shape[0]!], -1, size), { size });
  return floating(result, { bound: bound * count, grid: value.grid, error: count * (error + (isExact(value) ? 0 : bound)) });
};

const folded: Step = (value, context) => {
  if (!isFloating(value) || value.tensor.rank === 0) return undefined;
  const axis = context.below(value.tensor.rank);
  const length = value.tensor.shape[axis]!;
  if (length < 3) return undefined;
  const options = { axes: axis, strides: context.between(1, 2), dilations: context.between(1, 2) };
  const windows = value.tensor.windows({ ...options, sizes: 2 });
  return floating(windows.fold({ ...options, lengths: length }), {
    ...value,
    bound: 2 * value.bound,
    error: 2 * value.error + (isExact(value) ? 0 : value.bound),
  });
};

const padded: Step = (value, context) => {
  const widths = value.tensor.shape.map(() => [context.below(3), context.below(3)] as const);
  const fill = value.tensor.dtype === "bool" ? 1 : isFloating(value) ? context.pick([0, -0.5, 1]) : context.pick([0, 3]);
  const grid = isExact(value) && isFloating(value) ? Math.min(value.grid, 0.5) : value.grid;
  return { ...value, tensor: value.tensor.pad(widths, fill), bound: Math.max(value.bound, Math.abs(fill)), grid };
};

/** Movements, gathers, scatters and contractions. */
export const shapeSteps: Steps = {
  reshape: moved((x, context) => x.reshape(otherShape(x, context))),
  permute: moved((x, context) => x.permute(context.shuffled(x.shape.map((_, axis) => axis)))),
  expandDims: moved((x, context) => (x.rank < 4 ? x.expandDims(context.below(x.rank + 1)) : x.squeeze())),
  broadcast: moved((x, context) => x.broadcastTo([context.between(1, 4), ...x.shape])),
  stretch: moved((x, context) => x.broadcastTo(x.shape.map((extent) => (extent === 1 ? context.between(1, 6) : extent)))),
  flip: along((x, axis) => x.flip({ axis })),
  slice: along((x, _, context) => {
    const starts = x.shape.map((extent) => (extent === 0 ? 0 : context.below(extent)));
    const strides = x.shape.map(() => context.between(1, 3));
    const sizes = x.shape.map((extent, i) => (extent === 0 ? 0 : context.between(1, Math.ceil((extent - starts[i]!) / strides[i]!))));
    return x.slice(starts, sizes, { strides });
  }),
  concatFlipped: along((x, axis) => x.concat(x.flip({ axis }), { axis })),
  concatThree: along((x, axis, context) => x.concat([x, x.flip({ axis: context.below(x.rank) })], { axis })),
  stack: along((x, axis) => x.stack(x.flip({ axis }), { axis })),
  split: along((x, axis) => (x.shape[axis]! < 2 ? undefined : x.split([1, x.shape[axis]! - 1], { axis })[1])),
  repeat: along((x, axis, context) => x.repeat(context.between(1, 3), { axis })),
  windows: along((x, axis, context) => {
    const size = context.between(1, 3);
    const dilations = context.between(1, 2);
    if (x.shape[axis]! < (size - 1) * dilations + 1 || x.rank > 3) return undefined;
    return x.windows({ axes: axis, sizes: size, strides: context.between(1, 3), dilations });
  }),
  gather: along((x, axis, context) =>
    x.shape[axis] === 0 ? undefined : x.gather(context.positions(context.pick([[], [3], [1], [2, 2]]), -2, x.shape[axis]! + 1), { axis }),
  ),
  pad: padded,
  fold: folded,
  scatter: scattered,
  contract: contracted,
  secondContract: contracted,
};

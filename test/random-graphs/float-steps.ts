import { sizeOf } from "../../src/core/shape.ts";
import type { Tensor } from "../../src/tensor/tensor.ts";
import type { Context, Step, Steps } from "./context.ts";
import { boolean, floating, integer, isExact, isFloating, type Value } from "./value.ts";

/** A function of floats with a known slope and bound: errors grow by the slope. */
const smooth =
  (f: (x: Tensor) => Tensor, slope: (bound: number) => number, bound: (bound: number) => number): Step =>
  (value) => {
    if (!isFloating(value) || !(value.bound <= 5)) return undefined;
    return floating(f(value.tensor), { bound: bound(value.bound), grid: 0, error: value.error * slope(value.bound) });
  };
const one = (): number => 1;

const pair =
  (f: (x: Tensor, y: Tensor) => Tensor, combine: (x: Value, y: Value) => Omit<Value, "tensor">): Step =>
  (value, context) => {
    if (!isFloating(value) || !(value.bound <= 1e4)) return undefined;
    const other = partner(value, context);
    const [x, y] = context.chance(2) ? [value, other] : [other, value];
    return floating(f(x.tensor, y.tensor), combine(x, y));
  };
const partner = (value: Value, context: Context): Value =>
  context.chance(6) ? value : context.source(context.narrower(value.tensor.shape), context.float);

const sumOf = (x: Value, y: Value): Omit<Value, "tensor"> => ({
  bound: x.bound + y.bound,
  grid: Math.min(x.grid, y.grid),
  error: x.error + y.error,
});
const productOf = (x: Value, y: Value): Omit<Value, "tensor"> => ({
  bound: x.bound * y.bound,
  grid: x.grid * y.grid,
  error: x.error * y.bound + y.error * x.bound,
});
const eitherOf = (x: Value, y: Value): Omit<Value, "tensor"> => ({
  bound: Math.max(x.bound, y.bound),
  grid: Math.min(x.grid, y.grid),
  error: Math.max(x.error, y.error),
});

/** Jumps are allowed where values are exact. */
const stepped =
  (f: (x: Tensor) => Tensor): Step =>
  (value) =>
    isFloating(value) && isExact(value)
      ? floating(f(value.tensor), { bound: value.bound + 1, grid: Math.max(1, value.grid), error: 0 })
      : undefined;
const same =
  (f: (x: Tensor) => Tensor): Step =>
  (value) =>
    isFloating(value) ? { ...value, tensor: f(value.tensor) } : undefined;

const compared =
  (f: (x: Tensor, y: Tensor) => Tensor): Step =>
  (value, context) => {
    const other = partner(value, context);
    return isFloating(value) && isExact(value) && isExact(other) ? boolean(f(value.tensor, other.tensor)) : undefined;
  };

/** How many elements each result of reducing some axes stands for. */
function reduced(value: Value, context: Context): { readonly axes: number[]; readonly keepDims: boolean; readonly count: number } {
  const { shape } = value.tensor;
  const axes = shape.map((_, axis) => axis).filter(() => context.chance(2));
  return { axes, keepDims: context.chance(3), count: sizeOf(axes.map((axis) => shape[axis]!)) };
}

const summed: Step = (value, context) => {
  if (!isFloating(value)) return undefined;
  const { count, ...options } = reduced(value, context);
  const { bound, grid, error } = value;
  const tensor = value.tensor.sum(options);
  return floating(tensor, { bound: bound * count, grid, error: error * count + (isExact(value) ? 0 : bound * count) });
};

const extreme =
  (f: (x: Tensor, options: { axes: number[]; keepDims: boolean }) => Tensor): Step =>
  (value, context) => {
    const { count, ...options } = reduced(value, context);
    return isFloating(value) && count > 0 ? { ...value, tensor: f(value.tensor, options) } : undefined;
  };

const placed =
  (f: (x: Tensor, axis: number) => Tensor): Step =>
  (value, context) => {
    const { shape } = value.tensor;
    if (!isFloating(value) || !isExact(value) || shape.length === 0 || shape.includes(0)) return undefined;
    const axis = context.below(shape.length);
    return integer(f(value.tensor, axis), shape[axis]!);
  };

const normalized =
  (f: (x: Tensor, axis: number) => Tensor, bound: (bound: number, count: number) => number): Step =>
  (value, context) => {
    const { shape } = value.tensor;
    if (!isFloating(value) || !(value.bound <= 20) || shape.length === 0 || shape.includes(0)) return undefined;
    const axis = context.below(shape.length);
    const count = shape[axis]!;
    return floating(f(value.tensor, axis), { bound: bound(value.bound, count), grid: 0, error: 2 * value.error + 4 * value.bound + count });
  };

/** Elementwise functions and reductions of floats. */
export const floatSteps: Steps = {
  add: pair((x, y) => x.add(y), sumOf),
  sub: pair((x, y) => x.sub(y), sumOf),
  mul: pair((x, y) => x.mul(y), productOf),
  maximum: pair((x, y) => x.maximum(y), eitherOf),
  minimum: pair((x, y) => x.minimum(y), eitherOf),
  where: pair(
    (x, y) => y.greater(0).where(x, y),
    (x, y) => (isExact(y) ? eitherOf(x, y) : { ...sumOf(x, y), bound: Number.NaN }),
  ),
  neg: same((x) => x.neg()),
  abs: same((x) => x.abs()),
  relu: same((x) => x.relu()),
  clip: same((x) => x.clip(-1, 1.5)),
  floor: stepped((x) => x.floor()),
  ceil: stepped((x) => x.ceil()),
  round: stepped((x) => x.round()),
  sign: stepped((x) => x.sign()),
  half: (value) =>
    isFloating(value) ? floating(value.tensor.mul(0.5), { ...value, bound: value.bound / 2, grid: value.grid / 2 }) : undefined,
  tanh: smooth((x) => x.tanh(), one, one),
  sigmoid: smooth((x) => x.sigmoid(), one, one),
  sin: smooth((x) => x.sin(), one, one),
  cos: smooth((x) => x.cos(), one, one),
  erf: smooth(
    (x) => x.erf(),
    () => 1.13,
    one,
  ),
  exp: smooth((x) => x.exp(), Math.exp, Math.exp),
  expm1: smooth((x) => x.expm1(), Math.exp, Math.exp),
  softplus: smooth(
    (x) => x.softplus(),
    one,
    (b) => b + 1,
  ),
  distance: smooth(
    (x) => x.square().add(1).sqrt(),
    one,
    (b) => b + 1,
  ),
  log1pSquare: smooth(
    (x) => x.square().log1p(),
    one,
    (b) => 2 * b + 1,
  ),
  quotient: smooth((x) => x.div(x.square().add(1)), one, one),
  sum: summed,
  mean: (value, context) => {
    const { count, ...options } = reduced(value, context);
    if (!isFloating(value) || count === 0) return undefined;
    return floating(value.tensor.mean(options), { bound: value.bound, grid: 0, error: value.error + 4 * value.bound });
  },
  max: extreme((x, options) => x.max(options)),
  min: extreme((x, options) => x.min(options)),
  argmax: placed((x, axis) => x.argmax({ axis })),
  argmin: placed((x, axis) => x.argmin({ axis })),
  // The smallest of places that a mask leaves: elements and places have different widths.
  firstLargest: placed((x, axis) => {
    const isLess = x.less(x.max({ axes: axis, keepDims: true }));
    return isLess.where(x.shape[axis]!, x.positions({ axis })).min({ axes: axis });
  }),
  softmax: normalized((x, axis) => x.softmax({ axis }), one),
  logSumExp: normalized(
    (x, axis) => x.logSumExp({ axis }),
    (b, n) => b + Math.log(n) + 1,
  ),
  less: compared((x, y) => x.less(y)),
  greaterEqual: compared((x, y) => x.greaterEqual(y)),
  equal: compared((x, y) => x.equal(y)),
  toInteger: (value) => (isFloating(value) && isExact(value) ? integer(value.tensor.cast("i32"), value.bound) : undefined),
  toByte: (value) => (isFloating(value) && isExact(value) ? integer(value.tensor.abs().minimum(200).cast("u8"), 200) : undefined),
};

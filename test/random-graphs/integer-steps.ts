import type { Tensor } from "../../src/tensor/tensor.ts";
import type { Context, Step, Steps } from "./context.ts";
import { boolean, integer, isBoolean, isWhole, type Value } from "./value.ts";

const whole =
  (f: (x: Tensor, y: Tensor) => Tensor): Step =>
  (value, context) => {
    if (!isWhole(value)) return undefined;
    const other = context.source(context.narrower(value.tensor.shape), value.tensor.dtype);
    return integer(f(value.tensor, other.tensor));
  };
const alone =
  (f: (x: Tensor) => Tensor, bound = Number.POSITIVE_INFINITY): Step =>
  (value) =>
    isWhole(value) ? integer(f(value.tensor), bound) : undefined;

const logical =
  (f: (x: Tensor, y: Tensor) => Tensor): Step =>
  (value, context) =>
    isBoolean(value) ? boolean(f(value.tensor, context.source(context.narrower(value.tensor.shape), "bool").tensor)) : undefined;

const reduced = (value: Value, context: Context): { axes: number[]; keepDims: boolean } => ({
  axes: value.tensor.shape.map((_, axis) => axis).filter(() => context.chance(2)),
  keepDims: context.chance(3),
});

/** Arithmetic of integers, which wraps, and of bools: always exact. */
export const integerSteps: Steps = {
  addWhole: whole((x, y) => x.add(y)),
  subWhole: whole((x, y) => x.sub(y)),
  mulWhole: whole((x, y) => x.mul(y)),
  floorDivide: whole((x, y) => x.floorDivide(y.maximum(1))),
  mod: whole((x, y) => x.mod(y.maximum(1))),
  maximumWhole: whole((x, y) => x.maximum(y)),
  bitwiseXor: whole((x, y) => x.bitwiseXor(y)),
  bitwiseOr: whole((x, y) => x.bitwiseOr(y)),
  bitwiseNot: alone((x) => x.bitwiseNot()),
  bitwiseAnd: alone((x) => x.bitwiseAnd(63), 63),
  shiftLeft: alone((x) => x.shiftLeft(3)),
  shiftRight: alone((x) => x.shiftRight(2)),
  hash: alone((x) => x.cast("u32").mul(2654435761).shiftRight(9)),
  signed: alone((x) => x.cast("i32")),
  toByteWrapping: alone((x) => x.bitwiseAnd(127).cast("u8"), 127),
  compareWhole: (value, context) =>
    isWhole(value)
      ? boolean(value.tensor.less(context.source(context.narrower(value.tensor.shape), value.tensor.dtype).tensor))
      : undefined,
  sumWhole: (value, context) => (isWhole(value) ? integer(value.tensor.sum(reduced(value, context))) : undefined),
  prodWhole: (value, context) => (isWhole(value) ? integer(value.tensor.prod(reduced(value, context))) : undefined),
  maxWhole: (value, context) =>
    isWhole(value) && !value.tensor.shape.includes(0) ? integer(value.tensor.max(reduced(value, context)), value.bound) : undefined,
  minWhole: (value, context) =>
    isWhole(value) && !value.tensor.shape.includes(0) ? integer(value.tensor.min(reduced(value, context)), value.bound) : undefined,
  toFloat: (value, context) => {
    if (!isWhole(value)) return undefined;
    const small = value.bound <= 255 ? value.tensor : value.tensor.bitwiseAnd(255);
    return { tensor: small.cast(context.float), bound: 255, grid: 1, error: 0 };
  },
  oneHot: (value, context) =>
    isWhole(value)
      ? { tensor: value.tensor.cast("i32").bitwiseAnd(3).oneHot(4).cast(context.float), bound: 1, grid: 1, error: 0 }
      : undefined,
  and: logical((x, y) => x.and(y)),
  or: logical((x, y) => x.or(y)),
  xor: logical((x, y) => x.xor(y)),
  not: (value) => (isBoolean(value) ? boolean(value.tensor.not()) : undefined),
  any: (value, context) => (isBoolean(value) ? boolean(value.tensor.any(reduced(value, context))) : undefined),
  all: (value, context) => (isBoolean(value) ? boolean(value.tensor.all(reduced(value, context))) : undefined),
  count: (value, context) => (isBoolean(value) ? integer(value.tensor.cast("i32").sum(reduced(value, context))) : undefined),
  choose: (value, context) => {
    if (!isBoolean(value)) return undefined;
    const [x, y] = [context.source(value.tensor.shape, context.float), context.source(context.narrower(value.tensor.shape), context.float)];
    return { ...x, tensor: value.tensor.where(x.tensor, y.tensor) };
  },
  chooseWhole: (value, context) => {
    if (!isBoolean(value)) return undefined;
    const [x, y] = [context.source(value.tensor.shape, "i32"), context.source(context.narrower(value.tensor.shape), "i32")];
    return integer(value.tensor.where(x.tensor, y.tensor), x.bound);
  },
};

import type { DType } from "../../core/dtype.ts";
import type { TensorType } from "../../core/shape.ts";
import type { Expr } from "../../ir/expr.ts";
import * as e from "../../ir/expr.ts";
import { elementwise, noGradient } from "./define.ts";
import { rounded } from "./rounding.ts";

export interface CastAttributes {
  readonly dtype: DType;
}
const target = (_: DType, attributes: unknown): DType => (attributes as CastAttributes).dtype;

/** The same value in another dtype: float to integer truncates and saturates, integer to integer wraps, anything but 0 is true. */
export const cast = elementwise("cast", {
  operands: "as given",
  result: target,
  scalar: ([x], _attributes, result) => convert(x!, result),
  vjp: (g, [x]) => [g.cast(x!.dtype)],
});

function convert(x: Expr, { dtype }: TensorType): Expr {
  switch (dtype) {
    case "bool":
      return x.dtype === "bool" ? x : e.notEqual(x, e.like(x, 0));
    case "u8":
      return toByte(x);
    case "f16":
    case "bf16":
      return rounded(toSingle(x), dtype);
    default:
      return e.cast(x, e.registerType[dtype]);
  }
}

/** Floats saturate at 255; integers keep their low 8 bits. */
function toByte(x: Expr): Expr {
  if (e.isFloating(x.dtype)) return e.min(e.cast(x, "u32"), e.constant(255, "u32"));
  return x.dtype === "bool" ? e.cast(x, "u32") : e.and(e.cast(x, "u32"), e.constant(255, "u32"));
}

/** As an f32 that rounds to the two-byte float that `x` rounds to: of an f64, or an integer, that isn't one, the last bit is set (rounding to odd). */
function toSingle(x: Expr): Expr {
  if (x.dtype === "f32" || x.dtype === "bool") return e.cast(x, "f32");
  const bits = e.bitcast(e.cast(x, "f32"), "i32");
  const single = e.bitcast(bits, "f32");
  const back = e.cast(single, "f64");
  const exact = e.cast(x, "f64");
  const zero = e.like(exact, 0);
  const isOdd = e.notEqual(e.and(bits, e.i32(1)), e.i32(0));
  const isExact = e.or(e.equal(back, exact), e.notEqual(exact, exact));
  // Also infinity and 0 stay: what rounds to them is far beyond the largest two-byte float, or far below the smallest.
  const isKept = e.or(e.or(isExact, isOdd), e.or(e.equal(back, zero), e.equal(e.abs(back), e.like(exact, Infinity))));
  const isLarger = e.less(e.abs(back), e.abs(exact));
  return e.select(isKept, single, e.bitcast(e.select(isLarger, e.add(bits, e.i32(1)), e.sub(bits, e.i32(1))), "f32"));
}

/** The same 32 bits read as another dtype. */
export const bitcast = elementwise("bitcast", {
  operands: "as given",
  result: target,
  scalar: ([x], _attributes, { dtype }) => e.bitcast(x!, e.registerType[dtype]),
  vjp: noGradient,
});

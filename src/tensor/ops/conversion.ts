import type { DType } from "../../core/dtype.ts";
import type { TensorType } from "../../core/shape.ts";
import type { Expr } from "../../ir/expr.ts";
import * as e from "../../ir/expr.ts";
import { elementwise, noGradient } from "./define.ts";

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
      return e.cast(roundToHalf(e.cast(x, "f32")), "f32");
    case "bf16":
      return roundToBrain(e.cast(x, "f32"));
    default:
      return e.cast(x, e.registerType[dtype]);
  }
}

/** Floats saturate at 255; integers keep their low 8 bits. */
function toByte(x: Expr): Expr {
  if (e.isFloating(x.dtype)) return e.min(e.cast(x, "u32"), e.constant(255, "u32"));
  return x.dtype === "bool" ? e.cast(x, "u32") : e.and(e.cast(x, "u32"), e.constant(255, "u32"));
}

const word = (value: number): Expr => e.constant(value, "u32");
/** Drops the low `count` bits, to nearest, ties to even. */
const dropBits = (bits: Expr, count: number): Expr => {
  const odd = e.and(e.shr(bits, word(count)), word(1));
  const rounded = e.add(bits, e.add(odd, word(2 ** (count - 1) - 1)));
  return e.and(rounded, word((0xffffffff << count) >>> 0));
};
const keepNaN = (x: Expr, rounded: Expr): Expr => e.select(e.equal(x, x), rounded, x);

/** An f32 as bf16 would keep it: here and not only when stored, so that fusing changes nothing. */
const roundToBrain = (x: Expr): Expr => keepNaN(x, e.bitcast(dropBits(e.bitcast(x, "u32"), 16), "f32"));

/** An f32 as f16 would keep it: 11 significant bits, steps of 2^-24 near zero, infinity from 65520. */
function roundToHalf(x: Expr): Expr {
  const size = e.abs(x);
  const step = e.like(x, 2 ** 24);
  const small = e.div(e.round(e.mul(x, step)), step);
  const normal = e.bitcast(dropBits(e.bitcast(x, "u32"), 13), "f32");
  const huge = e.mul(x, e.like(x, Infinity));
  return keepNaN(x, e.select(e.less(size, e.like(x, 2 ** -14)), small, e.select(e.less(size, e.like(x, 65520)), normal, huge)));
}

/** The same 32 bits read as another dtype. */
export const bitcast = elementwise("bitcast", {
  operands: "as given",
  result: target,
  scalar: ([x], _attributes, { dtype }) => e.bitcast(x!, e.registerType[dtype]),
  vjp: noGradient,
});

import type { Expr } from "../../ir/expr.ts";
import * as e from "../../ir/expr.ts";

/** An f32 as a two-byte float would keep it: here and not only when stored, so that fusing changes nothing. */
export const rounded = (x: Expr, dtype: "f16" | "bf16"): Expr => (dtype === "f16" ? roundToHalf(x) : roundToBrain(x));

const word = (value: number): Expr => e.constant(value, "u32");
/** Drops the low `count` bits, to nearest, ties to even. */
const dropBits = (bits: Expr, count: number): Expr => {
  const odd = e.and(e.shr(bits, word(count)), word(1));
  const nearest = e.add(bits, e.add(odd, word(2 ** (count - 1) - 1)));
  return e.and(nearest, word((0xffffffff << count) >>> 0));
};
const keepNaN = (x: Expr, nearest: Expr): Expr => e.select(e.equal(x, x), nearest, x);

const roundToBrain = (x: Expr): Expr => keepNaN(x, e.bitcast(dropBits(e.bitcast(x, "u32"), 16), "f32"));

/** 11 significant bits, steps of 2^-24 near zero, infinity from 65520. */
function roundToHalf(x: Expr): Expr {
  const size = e.abs(x);
  const step = e.like(x, 2 ** 24);
  const small = e.div(e.round(e.mul(x, step)), step);
  const normal = e.bitcast(dropBits(e.bitcast(x, "u32"), 13), "f32");
  const huge = e.mul(x, e.like(x, Infinity));
  return keepNaN(x, e.select(e.less(size, e.like(x, 2 ** -14)), small, e.select(e.less(size, e.like(x, 65520)), normal, huge)));
}

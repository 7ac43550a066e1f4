import { describe, expect, it } from "vitest";
import { evaluate, meanings } from "./evaluate.ts";
import * as e from "./expr.ts";
import { fold } from "./fold.ts";

const nothing = { local: (): number => Number.NaN };
const value = (expr: e.Expr): number => evaluate(expr, nothing);
const i = (x: number): e.Expr => e.constant(x, "i32");
const u = (x: number): e.Expr => e.constant(x, "u32");
const f = (x: number): e.Expr => e.constant(x, "f32");

describe("instructions, by the definitions in ir/expr.ts", () => {
  it("integers wrap, and products are exact modulo 2^32", () => {
    expect(value(e.add(i(2147483647), i(1)))).toBe(-2147483648);
    expect(value(e.mul(i(2147483647), i(2147483647)))).toBe(1);
    expect(value(e.mul(u(4294967295), u(4294967295)))).toBe(1);
    expect(value(e.sub(u(0), u(1)))).toBe(4294967295);
    expect(value(e.neg(i(-2147483648)))).toBe(-2147483648);
    expect(value(e.fma(u(65537), u(65537), u(4294967295)))).toBe(131072);
  });

  it("integer division truncates, and by zero gives 0", () => {
    expect(value(e.div(i(-7), i(2)))).toBe(-3);
    expect(value(e.rem(i(-7), i(2)))).toBe(-1);
    expect(value(e.div(i(7), i(0)))).toBe(0);
    expect(value(e.rem(u(7), u(0)))).toBe(0);
    expect(value(e.div(i(-2147483648), i(-1)))).toBe(-2147483648);
    expect(value(e.div(u(4294967295), u(2)))).toBe(2147483647);
  });

  it("what is rare is called with its argument, by its own names", () => {
    const [x, twice] = [e.local("x", "f32"), e.local("twice", "f32")];
    const body: readonly e.Let[] = [
      { kind: "let", name: "twice", value: e.add(x, x) },
      { kind: "let", name: "result", value: e.add(twice, e.mul(x, x)) },
    ];
    const call: e.Outlined = { name: "far", parameter: x as e.Local, body };
    const of = (given: number): number => value(e.rare(e.less(f(2), f(given)), f(-1), f(given), call));
    expect([of(1), of(3)]).toEqual([-1, 15]);
  });

  it("min and max keep NaN and order zeros", () => {
    expect(value(e.max(f(Number.NaN), f(1)))).toBeNaN();
    expect(value(e.min(f(1), f(Number.NaN)))).toBeNaN();
    expect(value(e.min(f(0), f(-0)))).toBe(-0);
    expect(value(e.max(f(-0), f(0)))).toBe(0);
  });

  it("round goes to even and keeps the sign of zero", () => {
    const ties = [-2.5, -1.5, -0.5, 0.5, 1.5, 2.5, 0.49999999999999994, 4503599627370497, -0.2, 7.6];
    expect(ties.map((x) => value(e.round(f(x))))).toEqual([-2, -2, -0, 0, 2, 2, 0, 4503599627370497, -0, 8]);
    expect(value(e.round(f(Number.NaN)))).toBeNaN();
    expect(value(e.round(f(-Infinity)))).toBe(-Infinity);
  });

  it("shifts use the count modulo 32, to the right arithmetic on i32 and logical on u32", () => {
    expect(value(e.shr(i(-8), i(1)))).toBe(-4);
    expect(value(e.shr(u(4294967288), u(1)))).toBe(2147483644);
    expect(value(e.shl(i(1), i(33)))).toBe(2);
    expect(value(e.shl(u(3), u(31)))).toBe(2147483648);
  });

  it("logic works on bits, and on bools as truth", () => {
    expect(value(e.not(i(5)))).toBe(-6);
    expect(value(e.not(u(0)))).toBe(4294967295);
    expect(value(e.not(e.constant(1, "bool")))).toBe(0);
    expect(value(e.xor(u(4294967295), u(1)))).toBe(4294967294);
    expect(value(e.less(f(1), f(Number.NaN)))).toBe(0);
    expect(value(e.select(e.equal(f(0), f(-0)), f(3), f(4)))).toBe(3);
  });

  it("casts truncate, saturate and turn NaN into 0", () => {
    const cast = (x: number, to: e.RegisterType): number => value(e.cast(f(x), to));
    expect([-1.9, 3e9, -3e9, Number.NaN, Infinity].map((x) => cast(x, "i32"))).toEqual([-1, 2147483647, -2147483648, 0, 2147483647]);
    expect([-1.9, 5e9, 3e9].map((x) => cast(x, "u32"))).toEqual([0, 4294967295, 3000000000]);
    expect([0, -0, 0.5, Number.NaN].map((x) => cast(x, "bool"))).toEqual([0, 0, 1, 1]);
    expect(value(e.cast(i(-1), "u32"))).toBe(4294967295);
  });

  it("bitcast keeps the 32 bits", () => {
    expect(value(e.bitcast(f(1), "i32"))).toBe(0x3f800000);
    expect(value(e.bitcast(f(-0), "u32"))).toBe(0x80000000);
    expect(value(e.bitcast(u(0x7f800000), "f32"))).toBe(Infinity);
    expect(value(e.bitcast(i(-1), "u32"))).toBe(4294967295);
  });

  it("pow follows IEEE 754 where JavaScript does not, and wraps for integers", () => {
    const pow = (x: number, y: number): number => meanings.pow([x, y], "f64");
    expect([pow(1, Number.NaN), pow(1, Infinity), pow(-1, -Infinity), pow(Number.NaN, 0)]).toEqual([1, 1, 1, 1]);
    expect([pow(-2, 3), pow(0, -1), pow(-0, -1), pow(-0, 3)]).toEqual([-8, Infinity, -Infinity, -0]);
    expect(pow(-2, 0.5)).toBeNaN();
    expect(meanings.pow([3, 40], "u32")).toBe(Number(3n ** 40n % 2n ** 32n));
    expect([meanings.pow([-1, -3], "i32"), meanings.pow([2, -1], "i32"), meanings.pow([7, 0], "i32")]).toEqual([-1, 0, 1]);
  });

  it("erf agrees with mpmath to 4e-16", () => {
    const known = [
      [1e-10, 1.1283791670955126e-10],
      [0.1, 0.1124629160182849],
      [0.5, 0.5204998778130465],
      [0.999, 0.8422852702064969],
      [1, 0.8427007929497149],
      [1.5, 0.9661051464753108],
      [2, 0.9953222650189527],
      [3, 0.9999779095030014],
      [7, 1],
    ] as const;
    for (const [x, expected] of known) {
      expect(Math.abs(meanings.erf([x], "f64") / expected - 1)).toBeLessThan(4e-16);
      expect(meanings.erf([-x], "f64")).toBe(-meanings.erf([x], "f64"));
    }
    expect(meanings.erf([-0], "f64")).toBe(-0);
    expect(meanings.erf([Number.NaN], "f64")).toBeNaN();
  });
});

describe("fold", () => {
  it("computes what is constant, rounded to f32 where that is the type", () => {
    expect(fold(e.add(f(0.1), f(0.2)))).toEqual(f(Math.fround(0.1 + 0.2)));
    expect(fold(e.less(i(1), i(2)))).toEqual(e.constant(1, "bool"));
    expect(fold(e.cast(f(2.5), "i32"))).toEqual(i(2));
  });

  it("keeps the lanes and leaves the rest alone", () => {
    const x = e.local("x", "f32");
    const sum = e.add(x, f(1));
    expect(fold(sum)).toBe(sum);
    expect(fold(e.mul(e.splat(f(2), 8), f(3)))).toEqual(e.splat(f(6), 8));
  });
});

it("evaluate computes a shared subexpression once, so that depth does not cost powers of two", () => {
  let x: e.Expr = e.local("x", "f64");
  for (let n = 0; n < 60; n++) x = e.add(x, x);
  expect(evaluate(x, { local: () => 1 })).toBe(2 ** 60);
});

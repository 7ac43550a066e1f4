import {
  abs,
  across,
  add,
  and,
  bitcast,
  cast,
  div,
  type Expr,
  equal,
  fma,
  i32,
  less,
  like,
  mul,
  neg,
  notEqual,
  rare,
  select,
  shl,
  splat,
  sub,
  xor,
} from "../../ir/expr.ts";
import { nearestInteger } from "./exponent.ts";
import { outlined } from "./outlined.ts";
import { type Pair, pair } from "./pair.ts";
import { type Float, floatOf, polynomial } from "./polynomial.ts";
import { reduceLarge } from "./reduce-large.ts";

interface Table {
  /** Up to here whole numbers of pi/2 are taken off by their parts. */
  readonly bound: number;
  /** pi/2 in parts whose products with whole numbers up to bound/(pi/2) are exact, but for the last (Cody and Waite). */
  readonly halfPi: readonly number[];
  /** `(sin r - r) / r³` and `(cos r - 1 + r²/2) / r⁴` as polynomials in r² on |r| <= pi/4, minimax in the relative error (Remez). */
  readonly sin: readonly number[];
  readonly cos: readonly number[];
}

const tables: Readonly<Record<Float, Table>> = {
  f32: {
    bound: 12800,
    halfPi: [1.5703125, 0.0004837512969970703, 7.549533620476723e-8, 2.5632829192545614e-12, 6.123234e-17],
    sin: [-0.16666667, 0.008333379, -0.00019853066, 2.8325396e-6],
    cos: [0.041666646, -0.001388731, 2.4432327e-5],
  },
  f64: {
    bound: 2 ** 20,
    halfPi: [1.5707963267341256, 6.077100506303966e-11, 2.0222662487111665e-21, 8.4784276603689e-32],
    sin: [-0.16666666666666666, 0.008333333333333323, -0.00019841269841255, 2.7557319214e-6, -2.505210488e-8, 1.6058362e-10, -7.5785e-13],
    cos: [0.041666666666666595, -0.0013888888888873, 2.4801587288825e-5, -2.7557314171e-7, 2.08756998e-9, -1.135848e-11],
  },
};

/** A number without its whole quarter turns, of which the last two bits of `quarter` tell. */
export interface Reduced {
  readonly rest: Pair;
  readonly quarter: Expr;
}

/** Within 2 ulp in f32 and 1 in f64, whatever the size of x. -0 stays -0; infinities give NaN. */
export const sin = (x: Expr): Expr => select(equal(x, like(x, 0)), x, ofAnySize("sin", x));

/** As good as the sine. */
export const cos = (x: Expr): Expr => ofAnySize("cos", x);

/** Within 2 ulp, whatever the size of x. -0 stays -0; infinities give NaN. */
export const tan = (x: Expr): Expr => select(equal(x, like(x, 0)), x, ofAnySize("tan", x));

const functions = {
  sin: (reduced: Reduced): Expr => turned(reduced, 0),
  cos: (reduced: Reduced): Expr => turned(reduced, 1),
  tan: tangent,
} as const;

/** Few numbers are beyond the bound: they are computed one by one, in f64, out of the way. */
function ofAnySize(name: keyof typeof functions, x: Expr): Expr {
  const compute = functions[name];
  const large = outlined(`${name}_of_large_${x.dtype}`, floatOf(x), (y) => cast(compute(reduceLarge(cast(y, "f64"))), x.dtype));
  const common = inLanes(x, (y) => compute(reduce(y)));
  return rare(less(like(x, tables[floatOf(x)].bound), abs(x)), common, x, large);
}

/** On some targets only vectors have fused multiply-adds. A single f32 is computed as lanes, so that it is the same to the last bit. */
function inLanes(x: Expr, compute: (x: Expr) => Expr): Expr {
  if (x.dtype === "f64" || x.lanes > 1) return compute(x);
  return bitcast(across("or", bitcast(compute(splat(x, 4)), "i32")), "f32");
}

/** sin(x + turns·pi/2). */
function turned({ rest, quarter }: Reduced, turns: number): Expr {
  const place = turns === 0 ? quarter : add(quarter, i32(turns));
  return negatedWhere(and(place, i32(2)), select(isOdd(place), cosine(rest), sine(rest)), 30);
}

/** A quotient of pairs, with one division of what was rounded before. */
function tangent({ rest, quarter }: Reduced): Expr {
  const [s, c] = [finerSine(rest), finerCosine(rest)];
  const odd = isOdd(quarter);
  const divisor = select(odd, s.high, c.high);
  const quotient = div(select(odd, c.high, s.high), divisor);
  const lost = fma(neg(quotient), select(odd, s.low, c.low), select(odd, c.low, s.low));
  return negatedWhere(and(quarter, i32(1)), add(quotient, div(lost, divisor)), 31);
}

const isOdd = (n: Expr): Expr => notEqual(and(n, i32(1)), i32(0));

/** -x where the one bit that may be set is, which a shift by `places` makes the sign. */
function negatedWhere(bit: Expr, x: Expr, places: number): Expr {
  if (x.dtype === "f64") return select(notEqual(bit, i32(0)), neg(x), x);
  return bitcast(xor(bitcast(x, "i32"), shl(bit, i32(places))), "f32");
}

/** In f32 one register is enough. */
function sine(rest: Pair): Expr {
  if (rest.high.dtype === "f64") return finerSine(rest).high;
  const r = add(rest.high, rest.low);
  const z = mul(r, r);
  return fma(mul(r, z), polynomial(z, tables.f32.sin), r);
}

function cosine(rest: Pair): Expr {
  if (rest.high.dtype === "f64") return finerCosine(rest).high;
  const r = add(rest.high, rest.low);
  const z = mul(r, r);
  return fma(mul(z, z), polynomial(z, tables.f32.cos), fma(z, like(r, -0.5), like(r, 1)));
}

function finerSine({ high: r, low }: Pair): Pair {
  const z = mul(r, r);
  return pair(r, fma(mul(r, z), polynomial(z, tables[floatOf(r)].sin), fma(mul(z, low), like(r, -0.5), low)));
}

function finerCosine({ high: r, low }: Pair): Pair {
  const z = mul(r, r);
  const start = fma(z, like(r, -0.5), like(r, 1));
  const lost = fma(z, like(r, -0.5), sub(like(r, 1), start));
  return pair(start, fma(mul(z, z), polynomial(z, tables[floatOf(r)].cos), fma(neg(r), low, lost)));
}

/** All differences but the last are exact, the later ones in two registers. */
function reduce(x: Expr): Reduced {
  const n = nearestInteger(x, 2 / Math.PI);
  const minus = (y: Expr, part: number): Expr => fma(n.value, like(x, -part), y);
  const parts = tables[floatOf(x)].halfPi;
  const [part, next, last] = parts.slice(-3) as [number, number, number];
  const before = parts.slice(0, -3).reduce(minus, x);
  const after = minus(before, part);
  const { high, low } = pair(after, minus(minus(sub(before, after), part), next));
  return { rest: { high, low: minus(low, last) }, quarter: n.bits };
}

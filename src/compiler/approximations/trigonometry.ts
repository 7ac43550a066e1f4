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
  splat,
  sub,
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
  // In f32 it's within 2 ulp without being fine.
  const isFine = rest.high.dtype === "f64";
  return negatedWhere(place, 2, select(isOdd(place), cosine(rest, isFine).high, sine(rest, isFine).high));
}

/** A quotient of pairs, with one division of what was rounded before. */
function tangent({ rest, quarter }: Reduced): Expr {
  const [s, c] = [sine(rest, true), cosine(rest, true)];
  const odd = isOdd(quarter);
  const divisor = select(odd, s.high, c.high);
  const quotient = div(select(odd, c.high, s.high), divisor);
  const lost = fma(neg(quotient), select(odd, s.low, c.low), select(odd, c.low, s.low));
  return negatedWhere(quarter, 1, add(quotient, div(lost, divisor)));
}

const isSet = (n: Expr, bit: number): Expr => notEqual(and(n, i32(bit)), i32(0));
const isOdd = (n: Expr): Expr => isSet(n, 1);
const negatedWhere = (n: Expr, bit: number, x: Expr): Expr => select(isSet(n, bit), neg(x), x);

function sine({ high: r, low }: Pair, isFine: boolean): Pair {
  const z = mul(r, r);
  return pair(r, fma(mul(r, z), polynomial(z, tables[floatOf(r)].sin), isFine ? fma(mul(z, low), like(r, -0.5), low) : low));
}

function cosine({ high: r, low }: Pair, isFine: boolean): Pair {
  const z = mul(r, r);
  const start = fma(z, like(r, -0.5), like(r, 1));
  const [square, series] = [mul(z, z), polynomial(z, tables[floatOf(r)].cos)];
  if (!isFine) return pair(start, mul(square, series));
  const lost = fma(z, like(r, -0.5), sub(like(r, 1), start));
  return pair(start, fma(square, series, fma(neg(r), low, lost)));
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

import { GradsmithError } from "../core/errors.ts";
import { erf } from "./erf.ts";
import type { Convert, Expr, Instruction, RegisterType } from "./expr.ts";
import { constant, splat } from "./expr.ts";

/** What an instruction computes. `dtype` is the type of the result, which for all but comparisons is also that of the operands. */
export type Meaning = (args: readonly number[], dtype: RegisterType) => number;

/** A number as the type would hold it: integers wrap, bools are 0 or 1, floats are left in double precision. */
export function wrap(value: number, dtype: RegisterType): number {
  switch (dtype) {
    case "i32":
      return value | 0;
    case "u32":
      return value >>> 0;
    case "bool":
      return value === 0 ? 0 : 1;
    case "f32":
    case "f64":
      return value;
  }
}

const isInteger = (dtype: RegisterType): boolean => dtype === "i32" || dtype === "u32";
const truth = (claim: boolean): number => (claim ? 1 : 0);
const unary =
  (f: (x: number) => number): Meaning =>
  ([x], dtype) =>
    wrap(f(x!), dtype);
const binary =
  (f: (x: number, y: number) => number): Meaning =>
  ([x, y], dtype) =>
    wrap(f(x!, y!), dtype);
const comparison =
  (f: (x: number, y: number) => boolean): Meaning =>
  ([x, y]) =>
    truth(f(x!, y!));

/**
 * Every instruction on JavaScript numbers: the meaning all targets are held to. Floats are computed in double precision whatever their type.
 */
export const meanings: Readonly<Record<Instruction, Meaning>> = {
  neg: unary((x) => -x),
  abs: unary(Math.abs),
  sqrt: unary(Math.sqrt),
  floor: unary(Math.floor),
  ceil: unary(Math.ceil),
  trunc: unary(Math.trunc),
  round: unary(roundToEven),
  not: ([x], dtype) => (dtype === "bool" ? truth(x === 0) : wrap(~x!, dtype)),
  add: binary((x, y) => x + y),
  sub: binary((x, y) => x - y),
  mul: ([x, y], dtype) => (isInteger(dtype) ? wrap(Math.imul(x!, y!), dtype) : wrap(x! * y!, dtype)),
  div: ([x, y], dtype) => (isInteger(dtype) && y === 0 ? 0 : wrap(x! / y!, dtype)),
  rem: ([x, y], dtype) => (isInteger(dtype) && y === 0 ? 0 : wrap(x! % y!, dtype)),
  min: binary(Math.min),
  max: binary(Math.max),
  less: comparison((x, y) => x < y),
  lessEqual: comparison((x, y) => x <= y),
  equal: comparison((x, y) => x === y),
  notEqual: comparison((x, y) => x !== y),
  and: binary((x, y) => x & y),
  or: binary((x, y) => x | y),
  xor: binary((x, y) => x ^ y),
  shl: binary((x, y) => x << y),
  shr: ([x, y], dtype) => (dtype === "u32" ? x! >>> y! : wrap(x! >> y!, dtype)),
  select: ([condition, x, y]) => (condition === 0 ? y! : x!),
  fma: ([x, y, z], dtype) => (isInteger(dtype) ? wrap(Math.imul(x!, y!) + z!, dtype) : wrap(x! * y! + z!, dtype)),
  exp: unary(Math.exp),
  expm1: unary(Math.expm1),
  log: unary(Math.log),
  log1p: unary(Math.log1p),
  sin: unary(Math.sin),
  cos: unary(Math.cos),
  tanh: unary(Math.tanh),
  erf: unary(erf),
  pow: ([x, y], dtype) => (isInteger(dtype) ? integerPower(x!, y!, dtype) : power(x!, y!)),
};

/** The nearest integer, the even one on a tie. Keeps the sign of zero. */
function roundToEven(x: number): number {
  const down = Math.floor(x);
  const rest = x - down;
  if (!(rest <= 0.5)) return Math.ceil(x);
  if (rest === 0) return x;
  return rest < 0.5 || down % 2 === 0 ? down : Math.ceil(x);
}

/** IEEE 754 `pow`; JavaScript differs in `1^NaN` and `(+-1)^inf`, which are 1. */
const power = (x: number, y: number): number => (x === 1 || (x === -1 && Math.abs(y) === Infinity) ? 1 : x ** y);

/** By squaring, wrapping at each step. A negative exponent gives the truncated reciprocal. */
function integerPower(x: number, y: number, dtype: RegisterType): number {
  if (y < 0) return x === 1 ? 1 : x === -1 ? (y % 2 === 0 ? 1 : -1) : 0;
  let result = 1;
  let base = x;
  for (let n = y; n > 0; n = Math.floor(n / 2)) {
    if (n % 2 === 1) result = Math.imul(result, base);
    base = Math.imul(base, base);
  }
  return wrap(result, dtype);
}

/** A value of type `from` as one of type `to`: float to integer truncates and saturates (NaN to 0), integer to integer wraps. */
export function castNumber(value: number, from: RegisterType, to: RegisterType): number {
  const fromFloat = from === "f32" || from === "f64";
  if (!fromFloat || !isInteger(to)) return wrap(value, to);
  const [low, high] = to === "i32" ? [-2147483648, 2147483647] : [0, 4294967295];
  return Number.isNaN(value) ? 0 : Math.max(low, Math.min(high, Math.trunc(value))) + 0;
}

const words = new DataView(new ArrayBuffer(4));
/** The same 32 bits read as another type. */
export function bitcastNumber(value: number, from: RegisterType, to: RegisterType): number {
  if (from === "f32") words.setFloat32(0, value);
  else words.setInt32(0, value);
  return to === "f32" ? words.getFloat32(0) : to === "u32" ? words.getUint32(0) : words.getInt32(0);
}

/** A value through a `cast` or `bitcast`. */
export const convertNumber = (convert: Convert, value: number): number =>
  convert.how === "cast" ? castNumber(value, convert.x.dtype, convert.dtype) : bitcastNumber(value, convert.x.dtype, convert.dtype);

/** Where `evaluate` finds what an expression names. */
export interface Environment {
  readonly local: (name: string) => number;
  readonly load?: (buffer: number, index: number) => number;
}

/** The value of a scalar expression, in double precision. Shared subexpressions are computed once. */
export function evaluate(expr: Expr, environment: Environment): number {
  const known = new Map<Expr, number>();
  const visit = (e: Expr): number => {
    const before = known.get(e);
    if (before !== undefined) return before;
    const value = compute(e);
    known.set(e, value);
    return value;
  };
  const compute = (e: Expr): number => {
    switch (e.kind) {
      case "constant":
        return e.value;
      case "local":
        return environment.local(e.name);
      case "load":
        if (environment.load === undefined)
          throw new GradsmithError("internal", "evaluate", `buffer ${e.buffer} is not there to load from.`);
        return environment.load(e.buffer, visit(e.index));
      case "apply":
        return meanings[e.instruction](e.args.map(visit), e.dtype);
      case "convert":
        return convertNumber(e, visit(e.x));
      case "splat":
      case "ramp":
      case "across":
        throw new GradsmithError("internal", "evaluate", `a ${e.kind} needs vectors; only scalars are evaluated.`);
    }
  };
  return visit(expr);
}

/** The expression, or its value where all arguments of its last step are constants. */
export function fold(expr: Expr): Expr {
  if (expr.kind === "convert") {
    const x = constantOf(expr.x);
    return x === undefined ? expr : result(convertNumber(expr, x), expr);
  }
  if (expr.kind !== "apply") return expr;
  const args: number[] = [];
  for (const arg of expr.args) {
    const value = constantOf(arg);
    if (value === undefined) return expr;
    args.push(value);
  }
  return result(meanings[expr.instruction](args, expr.dtype), expr);
}

const constantOf = (expr: Expr): number | undefined =>
  expr.kind === "constant" ? expr.value : expr.kind === "splat" ? constantOf(expr.x) : undefined;

const result = (value: number, { dtype, lanes }: Expr): Expr => splat(constant(dtype === "f32" ? Math.fround(value) : value, dtype), lanes);

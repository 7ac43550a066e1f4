import { GradsmithError } from "../core/errors.ts";
import { erf } from "./erf.ts";
import type { Expr, Instruction, RegisterType } from "./expr.ts";
import type { Meaning } from "./meanings.ts";
import { basicMeanings, convertNumber, isInteger, unary, wrap } from "./meanings.ts";

/** Every instruction on JavaScript numbers, in double precision. */
export const meanings: Readonly<Record<Instruction, Meaning>> = {
  ...basicMeanings,
  exp: unary(Math.exp),
  expm1: unary(Math.expm1),
  log: unary(Math.log),
  log1p: unary(Math.log1p),
  sin: unary(Math.sin),
  cos: unary(Math.cos),
  tan: unary(Math.tan),
  tanh: unary(Math.tanh),
  erf: unary(erf),
  pow: ([x, y], dtype) => (isInteger(dtype) ? integerPower(x!, y!, dtype) : power(x!, y!)),
};

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
      case "rare": {
        if (visit(e.when) === 0) return visit(e.common);
        const named = new Map([[e.call.parameter.name, visit(e.x)]]);
        const inside: Environment = { local: (name) => named.get(name)! };
        for (const { name, value } of e.call.body) named.set(name, evaluate(value, inside));
        return named.get(e.call.body.at(-1)!.name)!;
      }
      case "splat":
      case "ramp":
      case "across":
        throw new GradsmithError("internal", "evaluate", `a ${e.kind} needs vectors; only scalars are evaluated.`);
    }
  };
  return visit(expr);
}

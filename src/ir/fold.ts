import type { Expr, Instruction } from "./expr.ts";
import { constant, splat } from "./expr.ts";
import type { Meaning } from "./meanings.ts";
import { basicMeanings, convertNumber } from "./meanings.ts";

/** The expression, or its value where all arguments of its last step, a basic instruction or a conversion, are constants. */
export function fold(expr: Expr): Expr {
  if (expr.kind === "convert") {
    const x = constantOf(expr.x);
    return x === undefined ? expr : result(convertNumber(expr, x), expr);
  }
  if (expr.kind !== "apply") return expr;
  const meaning = (basicMeanings as Readonly<Partial<Record<Instruction, Meaning>>>)[expr.instruction];
  if (meaning === undefined) return expr;
  const args: number[] = [];
  for (const arg of expr.args) {
    const value = constantOf(arg);
    if (value === undefined) return expr;
    args.push(value);
  }
  return result(meaning(args, expr.dtype), expr);
}

const constantOf = (expr: Expr): number | undefined =>
  expr.kind === "constant" ? expr.value : expr.kind === "splat" ? constantOf(expr.x) : undefined;

const result = (value: number, { dtype, lanes }: Expr): Expr => splat(constant(dtype === "f32" ? Math.fround(value) : value, dtype), lanes);

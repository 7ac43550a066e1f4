import type { Expr } from "../../ir/expr.ts";
import type { Statement } from "../../ir/kernel.ts";
import { operandsOf } from "../../ir/operands.ts";

/** Calls `visit` with an expression and everything inside it. */
export function walkExpr(expr: Expr, visit: (expr: Expr) => void): void {
  visit(expr);
  for (const part of operandsOf(expr)) walkExpr(part, visit);
}

/** The expressions of a statement itself, not of the statements inside it. */
export function exprsOf(statement: Statement): readonly Expr[] {
  switch (statement.kind) {
    case "loop":
      return [statement.start, statement.end];
    case "let":
    case "declare":
    case "assign":
      return [statement.value];
    case "store":
      return [statement.index, statement.value];
    case "multiply":
      return [statement.left.index, statement.right.index];
    case "if":
      return [statement.condition];
  }
}
